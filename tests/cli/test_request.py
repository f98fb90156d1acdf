"""Credit as people type it: asked for, checked, reviewed, in force, known to the next night, judged, and told."""

import datetime as dt
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from arrears.pipeline import open_run, run_stage
from arrears.settings import ROOT
from tests.cli.conftest import Arrears, Told
from tests.end_to_end.deployments import Deployment, new_casebook
from tests.nights.small_books import SmallBooks, small_books

NIGHT = dt.date(2026, 9, 29)
Do = Callable[..., Told]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> SmallBooks:
    """P owes 600 and pays half of it on the day after the night; Q and its neighbours in the South owe as much and do not;
    R owes nothing."""
    books = small_books(tmp_path_factory.mktemp("credit"))
    for account_id in ("P", "Q", "R"):
        books.account(account_id)
        for month in range(1, 10):
            bill_id = f"{account_id}{month}"
            books.bill(bill_id, account_id, f"2026-{month:02}-01", f"2026-{month:02}-10", "600.00")
            if month < 9 or account_id == "R":
                books.payment(f"p{bill_id}", account_id, f"2026-{month:02}-09", "600.00")
    books.payment("late", "P", "2026-09-30", "300.00")
    return books


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default policy with a ceiling in the North that is reached, and no part of a plan below 50."""
    folder = tmp_path_factory.mktemp("policy") / "policy"
    shutil.copytree(ROOT / "policy", folder)
    (file,) = (folder / "credit").glob("*.yaml")
    text = file.read_text(encoding="utf-8")
    ceiling = '  - {segment: residential, district: North, amount: 1200, reference: "for this test"}\n'
    text = text.replace("ceilings:\n", f"ceilings:\n{ceiling}")
    file.write_text(text.replace("least_part_amount: {value: 10,", "least_part_amount: {value: 50,"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks, casebook_server: str) -> Deployment:
    """With the night of 29 September; each test asks for what no other does."""
    environment = {**books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    made = Deployment(tmp_path_factory.mktemp("state"), environment)
    made.whole_night(NIGHT, source="small")
    return made


@pytest.fixture
def do(arrears: Arrears, deployment: Deployment) -> Do:
    return lambda *arguments, **environment: arrears(deployment, *arguments, **environment)


def asked(told: Told) -> str:
    """The id of the request that was made."""
    assert told.code == 0, told.err
    return str(re.findall(r"request ([0-9a-f]{12}) is requested", told.out)[0])


def clerk(*arguments: str, on: str = "2026-09-29") -> tuple[str, ...]:
    return ("request", *arguments, "--by", "clerk", "--on", on)


def chief(*arguments: str, on: str = "2026-09-29") -> tuple[str, ...]:
    return ("request", *arguments, "--by", "chief", "--on", on)


def feature(deployment: Deployment, night: dt.date, account_id: str) -> dict[str, Any]:
    """What a night knows of the account before it is scored."""
    with deployment.entered("small"):
        run = open_run("small", night)
        for stage in ("pull", "features"):
            run_stage(stage, run)
    files = [str(path) for path in deployment.partition("features", run).files]
    with duckdb.connect() as con:
        found = con.execute("SELECT * FROM read_parquet(?) WHERE account_id = ?", [files, account_id])
        names = [column[0] for column in found.description or []]
        return dict(zip(names, found.fetchall()[0], strict=True))


def test_a_plan_from_the_asking_to_its_end(do: Do, deployment: Deployment) -> None:
    plan = ("--kind", "instalment", "--account", "P", "--monthly", "300", "--first-on", "2026-09-30")
    told = do(*clerk("new", *plan, "--why", "客户来电"))
    name = asked(told)
    assert [line.split() for line in told.out.splitlines()[1:]] == [
        ["part", "due", "on", "amount"], ["1", "2026-09-30", "300.00"], ["2", "2026-10-30", "300.00"],
    ]  # fmt: skip
    assert "is checked (change 2): " in do(*clerk("check", name)).out
    assert (
        f"local:clerk made request {name}; a second person must review it"
        in do(*clerk("review", name, "--why", "x")).err
    )
    assert "is in review (change 3)" in do(*chief("review", name, "--why", "mine")).out
    stale = do(*chief("approve", name, "--why", "pays", "--seq", "2"))
    assert (stale.code, "was changed meanwhile by local:chief" in stale.err) == (7, True)
    assert (
        "is being reviewed by local:chief"
        in do("request", "approve", name, "--why", "x", "--by", "deputy", "--on", "2026-09-29").err
    )
    assert f"small: request {name} is in force (change 4)" in do(*chief("approve", name, "--why", "pays")).out
    again = do(*clerk("new", *plan, "--why", "again"))
    assert (again.code, f"request {name} (instalment) is in force; withdraw it" in again.err) == (2, True)

    row = feature(deployment, NIGHT + dt.timedelta(1), "P")
    assert (row["is_in_arrangement"], row["arranged_amount"], row["next_arranged_due_on"]) == (
        True,
        600,
        dt.date(2026, 9, 30),
    )
    receipts = deployment.whole_night(dt.date(2026, 11, 6), source="small")
    assert "requests broken: 1" in receipts["fold"].remarks
    row = feature(deployment, dt.date(2026, 11, 7), "P")
    assert (row["is_in_arrangement"], row["broken_instalments_3m"], row["kept_arrangement_share_24m"]) == (
        False,
        1,
        0.5,
    )

    shown = do("request", "show", name).out
    assert [line.split()[-1] for line in shown.splitlines()[3:5]] == ["kept", "missed"]
    for words in (
        "made  local:clerk: 客户来电", "review begun  local:chief: mine", "approved  local:chief: pays",
        "part kept 1  run: 300.00 due on 2026-09-30 was paid",
        "part missed 2  run: 300.00 due on 2026-10-30 was not paid within 3 days of grace",
        "broken  run: 1 parts were missed, 300.00 was paid",
    ):  # fmt: skip
        assert words in shown
    zh = do("request", "show", name, "--lang", "zh").out
    assert [word for word in ("已违约", "分期", "已履约", "未按期", "提出申请", "批准") if word not in zh] == []
    assert "broken" not in zh


def test_a_reached_ceiling_alarms_and_blocks_a_deferral(do: Do, policy: Path) -> None:
    there = {"ARREARS_POLICY": str(policy)}
    as_of = ("--as-of", str(NIGHT))
    calm, alarmed = do("ceilings", *as_of), do("ceilings", *as_of, **there)
    assert "Ceilings reached: 0" in calm.out
    assert alarmed.out.splitlines()[2].split() == [
        "residential",
        "North",
        "3",
        "1,200.00",
        "1,200.00",
        "1,200",
        "reached",
    ]
    assert "Ceilings reached: 1; no new deferral there." in alarmed.out
    assert "已达上限" in do("ceilings", *as_of, "--reached", "--lang", "zh", **there).out
    assert "Ceilings reached" not in do("summary", *as_of).out
    assert "Ceilings reached: North (residential); no new deferral there" in do("summary", *as_of, **there).out

    until = ("--until", "2026-10-09", "--against", "guarantee")
    name = asked(do(*clerk("new", "--kind", "deferral", "--account", "Q", *until, "--why", "bank guarantee", *as_of)))
    blocked = do(*clerk("check", name, *as_of), **there)
    assert (
        "is blocked (change 2): blocked, ceiling-reached: receivables of residential in North are 1,200.00"
        in blocked.out
    )
    refused = do(*chief("review", name, "--why", "mine"))
    assert (refused.code, "is blocked (receivables of residential" in refused.err) == (2, True)
    assert "is checked (change 3): needs review, over-limit" in do(*clerk("check", name, *as_of)).out
    do(*chief("review", name, "--why", "mine"))
    late = do(*chief("approve", name, "--why", "fine", *as_of), **there)
    assert (late.code, "was not approved: as of 2026-09-29 the check says otherwise" in late.err) == (2, True)
    assert "is refused (change 6)" in do(*chief("refuse", name, "--why", "the ceiling is reached")).out
    assert name in do("request", "list", "--state", "refused").out
    assert name not in do("request", "list", "--state", "in_force").out


def test_new_supply_is_checked_against_the_limit(do: Do) -> None:
    as_of = ("--as-of", str(NIGHT))
    supply = ("new", "--kind", "new_supply", "--customer", "C-R", "--why", "a second shop", *as_of)
    little, much = (asked(do(*clerk(*supply, "--amount", amount))) for amount in ("10", "99999.99"))
    assert "is checked (change 2): passes, within-limit-and-term" in do(*clerk("check", little, *as_of)).out
    said = r"needs review, over-limit: grade \w carries a limit of [\d,.]+, and exposure would be 10\d,\d+\.\d\d"
    assert re.search(said, do(*clerk("check", much, *as_of)).out)
    assert "is withdrawn (change 3)" in do(*clerk("withdraw", much, "--why", "too dear")).out
    over = do(*chief("review", much, "--why", "mine"))
    assert (over.code, "is withdrawn and cannot be review begun; nothing may follow" in over.err) == (2, True)
    shown = do("customer", "show", "C-R", *as_of)
    assert shown.code == 0, shown.err
    assert "the worst of 1 accounts (R)" in shown.out
    assert f"{little}  checked" in shown.out
    assert "residential  North" in shown.out
    zh = do("customer", "show", "C-R", *as_of, "--lang", "zh").out
    assert [word for word in ("信用等级", "授信额度", "居民", "已审查", "新装") if word not in zh] == []


def test_a_plan_is_tried_before_it_is_asked_for(do: Do) -> None:
    told = do("plan", "preview", "--amount", "1000", "--parts", "3", "--first", "400", "--from", "2026-12-31")
    assert [line.split() for line in told.out.splitlines()[1:]] == [
        ["1", "2026-12-31", "400.00"], ["2", "2027-01-31", "300.00"], ["3", "2027-02-28", "300.00"],
    ]  # fmt: skip
    assert (
        "期次"
        in do("plan", "preview", "--amount", "1000", "--monthly", "300", "--from", "2026-12-31", "--lang", "zh").out
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--customer", "C-R", "--amount", "0"), "the amount is 0.00; it must be more than 0"),
        (("--customer", "C-R", "--amount", "-5"), "the amount is -5.00; it must be more than 0"),
        (("--customer", "C-R", "--amount", "NaN"), "the amount is NaN; it must be more than 0"),
        (("--customer", "C-R", "--amount", "1.005"), "the amount is 1.005; it cannot be finer than a cent"),
        (("--customer", "C-R", "--amount", "1e99"), "--amount '1e99' is not an amount; write it like 1200.50"),
        (("--customer", "C-R", "--amount", "much"), "--amount 'much' is not an amount; write it like 1200.50"),
        (("--customer", "C-R"), "--amount is missing: what does it add to what is at risk?"),
        (("--customer", "nobody", "--amount", "5"), "small: there is no customer 'nobody' with an open account as of {night}"),
        (("--account", "nobody", "--amount", "5"), "small: there is no open account 'nobody' as of {night}"),
        (("--amount", "5"), "say whom it is about: --account, or --customer for new supply"),
        (("--account", "R", "--customer", "C-R", "--amount", "5"), "say whom it is about: --account, or --customer"),
        (("--kind", "more_capacity", "--customer", "C-R", "--amount", "5"), "of kind more_capacity is about an account"),
        (("--kind", "instalment", "--account", "R"), "say --parts, or --monthly: what the customer can pay a month"),
        (("--kind", "instalment", "--account", "R", "--parts", "2"), "the amount is 0.00; it must be more than 0"),
        (("--kind", "instalment", "--account", "Q", "--parts", "99"), "99 parts are more than the policy's 24"),
        (("--kind", "instalment", "--account", "Q", "--parts", "24"), "a part of 25.00 is below the policy's 50"),
        (("--kind", "deferral", "--account", "Q", "--until", "2027-09-01"), "a deferral of 337 days is longer than"),
        (("--kind", "deferral", "--account", "Q", "--until", "soon"), "--until 'soon' is not a date"),
        (("--customer", "C-R", "--amount", "5", "--why", " "), "who acts and why must be said"),
        (("--customer", "C-R", "--amount", "5", "--on", "2999-01-01"), "--on 2999-01-01 lies ahead"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_told_in_one_sentence(
    do: Do, policy: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    given = {"--kind": "new_supply", "--why": "x", "--by": "clerk", "--on": str(NIGHT), "--as-of": str(NIGHT)}
    options = [text for name, value in given.items() if name not in arguments for text in (name, value)]
    told = do("request", "new", *options, *arguments, ARREARS_POLICY=str(policy))
    assert told.code == 2
    (said,) = told.err.splitlines()
    assert sentence.format(night=NIGHT) in said
    assert told.out == ""


@pytest.mark.parametrize("command", ["check", "review", "approve", "refuse", "withdraw", "show"])
def test_a_request_that_is_not_there(do: Do, command: str) -> None:
    why = () if command == "show" else ("--why", "x")
    told = do("request", command, "ffff", *why)
    assert (told.code, told.err) == (
        2,
        "arrears: no request's ids begin with 'ffff'; `arrears request list` shows all\n",
    )
    assert do("customer", "show", "nobody").code == 2
