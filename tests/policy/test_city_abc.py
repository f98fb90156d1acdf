"""The city A/B/C rule of policy/examples/city_abc, clause by clause: from what a customer did to its grade.

All stands as of 31 October 2026. Bills fall due on the 25th of each month."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from arrears.engine import duckdb as engine
from arrears.errors import PolicyError
from arrears.policy.axes import AXES
from arrears.policy.decide import prepare, signals_sql, values_bound
from arrears.policy.rules import load_policy
from arrears.scorecard.expert import load_card
from arrears.scorecard.sql import scoring_sql
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue
from arrears.snapshot.steps import make_features
from tests.lake.raw_rows import Raw, arrive
from tests.policy.population import PROTECTIONS, accounts, decide
from tests.snapshot import rows
from tests.snapshot.night import open_gate, write
from tests.snapshot.rows import AS_OF, KNOWN_AT

FOLDER = ROOT / "policy" / "examples" / "city_abc"
CATALOGUE = load_catalogue(ROOT / "sql")
CARD = load_card(FOLDER, AS_OF, CATALOGUE)
CITY = load_policy(FOLDER, AS_OF, CATALOGUE, CARD)

FIRST_BILL = dt.date(2024, 5, 25)
NEVER = None
Late = dict[str, int | str | None]


@dataclass(frozen=True)
class Customer:
    """`late`: month of a bill to the days after its due date on which it was paid, or that day, or never. Money pays the
    oldest bill first, so those behind it wait for it. `found`: what was found, and the day on which it was confirmed."""

    told: str
    grade: str
    veto: str | None = None
    late: Late = field(default_factory=dict)
    found: tuple[tuple[str, str], ...] = ()
    opened: str = "2020-01-01"
    overturned: bool = False
    is_billed: bool = True


def forty_days(*months: str) -> Late:
    """Bills of these months were paid forty days late."""
    return dict.fromkeys(months, 40)


# fmt: off
CUSTOMERS = (
    # 90 points and more: A; 70 to 90: B; below 70: C
    Customer("every bill was paid when due", "A"),
    Customer("one bill was 20 days late: 90 points", "A", late={"2026-05": 20}),
    Customer("two bills were 20 days late: 75 points", "B", "from-c-by-points", late={"2026-03": 20, "2026-05": 20}),
    Customer("four bills were 40 days late: below 70", "C", late=forty_days("2026-02", "2026-04", "2026-06", "2026-08")),
    # A new customer is B for a year
    Customer("new since March, pays well", "B", "new-customer", opened="2026-03-01"),
    Customer("new for one more day", "B", "new-customer", opened="2025-11-01"),
    Customer("a customer for a year", "A", opened="2025-10-31"),
    Customer("new, and pays badly", "B", "new-customer", late={"2026-05": 60, "2026-08": 60}, opened="2026-03-01"),
    Customer("new, and stole", "C", "theft", found=(("theft", "2026-06-01"),), opened="2026-03-01"),
    # Nothing to judge
    Customer("no bill was ever sent", "B", "nothing-to-judge", is_billed=False),
    # Confirmed theft: C, and no upgrade for two years
    Customer("theft was confirmed yesterday", "C", "theft", found=(("theft", "2026-10-30"),)),
    Customer("tampering is theft", "C", "theft", found=(("tampering", "2025-10-30"),)),
    Customer("theft two years ago but for a day", "C", "theft", found=(("theft", "2024-11-01"),)),
    Customer("theft two years ago: to B, and no further", "B", "from-c-after-theft", found=(("theft", "2024-10-31"),)),
    Customer("theft three years ago but for a day", "B", "from-c-after-theft", found=(("theft", "2023-11-01"),)),
    Customer("theft three years ago is over", "A", found=(("theft", "2023-10-31"),)),
    Customer("a second theft begins it anew", "C", "theft", found=(("theft", "2023-10-31"), ("theft", "2025-01-01"))),
    Customer("theft that was overturned never was", "A", found=(("theft", "2026-05-01"),), overturned=True),
    # Unauthorised use: C, and no upgrade for one year
    Customer("unauthorised use this year", "C", "unauthorised-use", found=(("unauthorised_use", "2026-02-01"),)),
    Customer("a breach is unauthorised use", "C", "unauthorised-use", found=(("breach", "2026-02-01"),)),
    Customer("unauthorised use a year ago but for a day", "C", "unauthorised-use", found=(("unauthorised_use", "2025-11-01"),)),
    Customer("unauthorised use a year ago", "B", "from-c-after-unauthorised-use", found=(("unauthorised_use", "2025-10-31"),)),
    Customer("unauthorised use two years ago is over", "A", found=(("unauthorised_use", "2024-10-31"),)),
    Customer("now, and theft long ago", "C", "unauthorised-use", found=(("breach", "2026-10-01"), ("theft", "2023-01-01"))),
    # Three months of this year's bills unpaid: C, and no upgrade for one year
    Customer("August to October are unpaid", "C", "three-months-unpaid", late={"2026-08": NEVER}),
    Customer("June to August 2026 were unpaid until September", "C", "three-months-unpaid", late={"2026-06": "2026-09-01"}),
    Customer("three months of 2025, paid less than a year ago", "C", "three-months-unpaid", late={"2025-07": "2025-11-01"}),
    Customer("three months of 2025, paid a year ago: to B", "B", "from-c-after-unpaid-months", late={"2025-07": "2025-10-31"}),
    Customer("the same of 2024, for one more day", "B", "from-c-after-unpaid-months", late={"2024-07": "2024-11-01"}),
    Customer("three months of 2024, paid two years ago", "A", late={"2024-07": "2024-10-31"}),
    Customer("November to January are of two years: no clause, C by points", "C", late={"2025-11": "2026-02-01"}),
    Customer("two months are not three: no clause, C by points", "C", late={"2026-09": NEVER}),
    # Not settled in the period: not A
    Customer("the bill of 25 October is unpaid", "B", "not-settled", late={"2026-10": NEVER}),
    Customer("the bill of 25 October was paid yesterday", "A", late={"2026-10": 5}),
    # From C only to B
    Customer("C by points last year, none since", "B", "from-c-by-points", late=forty_days("2025-03", "2025-05", "2025-07")),
    Customer("C by points in 2024, spotless for two years", "A", late=forty_days("2024-06", "2024-08")),
)
# fmt: on


def history(customer: Customer, number: int) -> Raw:
    """The books of one customer."""
    name, opened = f"{number:02}", dt.date.fromisoformat(customer.opened)
    raw: Raw = {"account": [rows.account(name, opened_on=opened)], "bill": [], "payment": [], "incident": []}
    due = FIRST_BILL
    paid_before: dt.date | None = dt.date.min
    while due < AS_OF and paid_before is not NEVER:
        paid = paid_on(due, customer.late.get(f"{due:%Y-%m}", 0))
        if customer.is_billed and due > opened:
            raw["bill"].append(rows.bill(name, f"{name}-{due}", ago(due), 10_000))
            paid_before = NEVER if paid is NEVER else max(paid_before, paid)
            if paid_before is not NEVER:
                raw["payment"].append(rows.payment(name, f"{name}-{due}", ago(paid_before), 10_000))
        due = (due.replace(day=1) + dt.timedelta(days=32)).replace(day=25)
    while due < AS_OF and customer.is_billed:
        raw["bill"].append(rows.bill(name, f"{name}-{due}", ago(due), 10_000))
        due = (due.replace(day=1) + dt.timedelta(days=32)).replace(day=25)
    for place, (kind, day) in enumerate(customer.found):
        found = rows.incident(name, 100 * number + place, ago(dt.date.fromisoformat(day)), kind)
        raw["incident"].append(found)
        if customer.overturned:
            raw["incident"].append({**found, "status": "overturned", "recorded_at": KNOWN_AT - dt.timedelta(hours=9)})
    return {table: arrive(table, [], known) for table, known in raw.items()}


def ago(day: dt.date) -> int:
    return (AS_OF - day).days


def paid_on(due: dt.date, late: int | str | None) -> dt.date | None:
    if late is NEVER:
        return NEVER
    return due + dt.timedelta(days=late) if isinstance(late, int) else dt.date.fromisoformat(late)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def graded(con: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The signals of all customers, by what is told of them: raw rows, features, points, vetoes."""
    raw: dict[str, list[dict[str, Any]]] = {}
    for number, customer in enumerate(CUSTOMERS):
        for table, found in history(customer, number).items():
            raw.setdefault(table, []).extend(found)
    open_gate(con, write(tmp_path_factory.mktemp("city"), raw), AS_OF, KNOWN_AT)
    make_features(con, ROOT / "sql" / "features", AS_OF)
    engine.execute(con, scoring_sql(CARD), prefix="CREATE OR REPLACE TEMP TABLE scores AS\n")
    prepare(con, CITY)
    engine.execute(con, signals_sql(CITY), values_bound(CITY), prefix="CREATE OR REPLACE TEMP TABLE signals AS\n")
    signals = con.sql("SELECT * FROM signals ORDER BY account_id").to_arrow_table().to_pylist()
    for name in ("features", "scores"):
        con.execute(f"DROP TABLE IF EXISTS {name}")
    return {customer.told: signal for customer, signal in zip(CUSTOMERS, signals, strict=True)}


@pytest.mark.parametrize("customer", CUSTOMERS, ids=[customer.told for customer in CUSTOMERS])
def test_a_clause(graded: dict[str, dict[str, Any]], customer: Customer) -> None:
    found = graded[customer.told]
    assert (found["grade"], found["veto"]) == (customer.grade, customer.veto), found["points"]


@pytest.mark.parametrize(
    ("points", "grade"), [("100", "A"), ("90", "A"), ("89.99", "B"), ("70", "B"), ("69.99", "C"), ("0", "C")]
)
def test_the_scale_goes_from_0_to_100(points: str, grade: str) -> None:
    assert CARD.grade(Decimal(points)).grade == grade
    [part] = CARD.parts
    assert sum(item.best for item in part.characteristics) == 100
    assert sum(min(found.points for found in item.bins) for item in part.characteristics) == 0


def test_who_never_was_late_enough_for_the_clause_never_was_c_by_points() -> None:
    """So that "from C only to B" forgets nobody: without two bills 15 days late or one 30 days late there are 70 points."""
    [part] = CARD.parts
    by_name = {item.feature: item for item in part.characteristics}
    mildest: dict[str, list[Any]] = {name: [found.points for found in item.bins] for name, item in by_name.items()}
    for name, values in (("bills_15_days_late_12m", (0, 1, None)), ("longest_late_days_12m", (0, 14, 15, 29, None))):
        mildest[name] = [by_name[name].points(value) for value in values]
    assert min(sum(points) for points in product(*mildest.values())) == 70
    assert by_name["bills_15_days_late_12m"].points(2) < by_name["bills_15_days_late_12m"].points(1)


def test_what_follows_from_the_grade(graded: dict[str, dict[str, Any]]) -> None:
    best, middle, worst = (
        graded[told]
        for told in ("every bill was paid when due", "the bill of 25 October is unpaid", "August to October are unpaid")
    )
    axes = ("payment_mode", "payment_term", "service")
    assert [best[axis] for axis in axes] == ["postpay", "longer", "priority"]
    assert [middle[axis] for axis in axes] == ["postpay", "standard", "standard"]
    assert [worst[axis] for axis in axes] == ["prepay", "standard", "standard"]
    assert (best["longer_term_days"], worst["treatment"]) == (15, "field_visit")
    assert (worst["prepay_purchase_amount"], worst["prepay_debt_share"]) == (Decimal("100.00"), Decimal("0.3000"))


def test_every_axis_has_one_value_and_protection_only_softens(con: duckdb.DuckDBPyConnection) -> None:
    drawn = [{**row, "grade": "ABC"["ABCDE".index(row["grade"]) // 2]} for row in accounts(Random(3), 500)]  # noqa: S311
    bare = [{**row, **dict.fromkeys(PROTECTIONS, False)} for row in drawn]
    share = CITY.values.hold_out_share.model_copy(update={"value": Decimal(0)})
    policy = replace(CITY, values=CITY.values.model_copy(update={"hold_out_share": share}))
    found = decide(con, policy, bare + [{**row, "is_protected": True} for row in bare])
    for before, after in zip(found[:500], found[500:], strict=True):
        assert all(before[axis] in values and before[f"{axis}_rule"] for axis, values in AXES.items())
        assert after["payment_mode"] in (before["payment_mode"], "postpay", "direct_debit")
        assert after["security"] == "none"
        assert after["treatment"] == before["treatment"] or after["treatment"] == "demand"
        assert (after["grade"], after["level"]) == (before["grade"], before["level"])


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ("at_worst: A", "new-customer: it cannot be A at worst and B at best"),
        ("at_worst: D", "D"),
    ],
)
def test_a_floor_that_cannot_be_is_refused_with_its_line(tmp_path: Path, instead: str, said: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "city")
    [file] = (tmp_path / "city" / "grades").glob("*.yaml")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("at_worst: B", instead), encoding="utf-8")
    line = text[: text.index("at_worst: B")].count("\n") + 1
    with pytest.raises(PolicyError, match=f"^{file}:{line}: .*{said}"):
        load_policy(tmp_path / "city", AS_OF, CATALOGUE, CARD)
