"""A reversal that came a month late, worked through by hand.

Account A1 is billed 120.00 on 6 July (due 26 July) and 120.00 on 20 July (due 5 August). It pays 120.00 on 20 July and
120.00 on 3 August. The second payment bounces on 7 August; the counter books that on 12 September only.

- The night of 7 August: the reversal is of the 7th, which is not before 7 August. Whoever knows everything says the same.
- The night of 8 August, as it was: both bills are paid. Nothing is open.
- The night of 8 August with what was known on 1 October: the first payment covers the first bill, nothing covers the second.
  120.00 is open and, 3 days after 5 August, overdue.
- What is at risk: 240.00 were billed in 12 months, over 365 days; not billed yet are the 19 days from 20 July to 7 August, and
  37 days pass until supply may be stopped: 240.00 x 56 / 365 = 36.82. So 36.82 as it was, and 156.82 as restated.
- A share of 0.35 of it is lost if the account falls into arrears, with the probability of its grade.

Account A2 has a bill of 100.00 that was corrected to 80.00, as recorded on 2 September. A3 never changes."""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.deployment import load_rules
from arrears.nights.backfill import backfill
from arrears.scorecard.card import Card
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, everything
from tests.nights.conftest import DeploySmall
from tests.nights.small_books import SmallBooks, small_books

UNTOUCHED, TOUCHED = dt.date(2026, 8, 7), dt.date(2026, 8, 8)
OPTIONS = ("--from", str(UNTOUCHED), "--to", str(TOUCHED), "--known-at", "2026-10-01")
REVERSAL = "payment P2 of 2026-08-03 over 120.00 was reversed on 2026-08-07, recorded 2026-09-12"
CORRECTION = "bill B3 changed: amount 100.00 → 80.00, recorded 2026-09-02"


def crafted(folder: Path) -> SmallBooks:
    books = small_books(folder)
    for account_id in ("A1", "A2", "A3"):
        books.account(account_id)
    books.bill("B1", "A1", "2026-07-06", "2026-07-26", "120.00")
    books.bill("B2", "A1", "2026-07-20", "2026-08-05", "120.00")
    books.payment("P1", "A1", "2026-07-20", "120.00")
    books.payment("P2", "A1", "2026-08-03", "120.00")
    books.payment(
        "R2", "A1", "2026-08-07", "120.00", reverses_payment_id="P2", recorded_at="2026-09-12 10:00:00.000000"
    )
    books.bill("B3", "A2", "2026-07-20", "2026-08-20", "100.00")
    books.bill("B3", "A2", "2026-07-20", "2026-08-20", "80.00", recorded_at="2026-09-02 10:00:00.000000")
    books.bill("B4", "A3", "2026-07-20", "2026-08-20", "50.00")
    return books


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def probability(card: Card, grade: str) -> Decimal:
    (found,) = {Decimal(str(each.probability)) for each in card.grades if each.grade == grade}
    return found


@pytest.fixture
def night_as_it_was(tmp_path: Path, deploy_small: DeploySmall) -> Deployment:
    deployment = deploy_small(crafted(tmp_path / "books"))
    with deployment.entered():
        backfill("small", UNTOUCHED, TOUCHED)
    return deployment


def test_a_reversal_that_came_a_month_late_explains_itself(
    arrears: Arrears, night_as_it_was: Deployment, tmp_path: Path
) -> None:
    deployment, out = night_as_it_was, tmp_path / "report"
    made = everything(deployment.state / "lake" / "small")
    told = arrears(deployment, "restate", *OPTIONS, "--out", str(out))
    assert told.code == 0, told.err
    assert "2026-08-07  1 accounts differ: 0 raised, 0 up, 0 down, 0 cleared" in told.out
    assert "2026-08-08  2 accounts differ: 1 raised, 0 up, 0 down, 0 cleared" in told.out
    assert made.items() <= everything(deployment.state / "lake" / "small").items(), "the nights themselves stand"

    changed = {(row["as_of"], row["account_id"]): row for row in rows(out / "accounts.csv")}
    assert set(changed) == {("2026-08-07", "A2"), ("2026-08-08", "A1"), ("2026-08-08", "A2")}
    a1 = changed["2026-08-08", "A1"]
    assert (a1["change"], a1["level_before"], a1["level_after"]) == ("raised", "", "blue")
    assert a1["level_rule_after"] == "middling-grade-overdue"
    assert (a1["open_amount_before"], a1["open_amount_after"]) == ("0.00", "120.00")
    assert (a1["overdue_amount_before"], a1["overdue_amount_after"]) == ("0.00", "120.00")
    assert (a1["is_in_collection_before"], a1["is_in_collection_after"]) == ("False", "False")
    with deployment.entered():
        card, _ = load_rules(TOUCHED)
    for when, at_risk in (("before", Decimal("36.82")), ("after", Decimal("156.82"))):
        lost = at_risk * probability(card, a1[f"grade_{when}"]) * Decimal("0.35")
        assert Decimal(a1[f"expected_loss_amount_{when}"]) == lost.quantize(Decimal("0.01")), when
    assert "oldest_days_past_due" in a1["reasons_after"].split()
    assert a1["why"] == REVERSAL

    a2 = changed["2026-08-08", "A2"]
    assert (a2["change"], a2["open_amount_before"], a2["open_amount_after"]) == ("same_level", "100.00", "80.00")
    assert a2["why"] == CORRECTION

    night = {row["as_of"]: row for row in rows(out / "nights.csv")}["2026-08-08"]
    assert (night["raised"], night["same_level"]) == ("1", "1")
    assert (night["open_amount_before"], night["open_amount_after"]) == ("150.00", "250.00")
    assert (night["overdue_amount_before"], night["overdue_amount_after"]) == ("0.00", "120.00")
    assert (night["warned_before"], night["warned_after"]) == ("0", "1")

    facts = {row["key"]: row for row in rows(out / "facts.csv")}
    assert set(facts) == {"R2", "B3"}
    assert (facts["R2"]["first_night"], facts["R2"]["last_night"]) == ("2026-08-08", "2026-08-08")
    assert (facts["B3"]["first_night"], facts["B3"]["last_night"]) == ("2026-08-07", "2026-08-08")

    page = (out / "report.html").read_text(encoding="utf-8")
    assert REVERSAL in page
    assert CORRECTION in page
    assert page.index(">A1 ") < page.index(">A2 "), "who is warned of comes first"
    for never in ("<script", "<link", "<img", "src=", "http://", "https://", "url(", "A3"):
        assert never not in page, never

    again = everything(deployment.state / "lake")
    in_chinese = arrears(deployment, "restate", *OPTIONS, "--out", str(out), "--lang", "zh")
    assert in_chinese.code == 0
    assert "缴费 P2（2026-08-03，120.00）于 2026-08-07 冲正，2026-09-12 登记" in (out / "report.html").read_text(
        encoding="utf-8"
    )
    assert everything(deployment.state / "lake") == again, "nothing is worked out twice"


def test_a_night_that_never_ran_has_nothing_to_be_compared_with(
    arrears: Arrears, tmp_path: Path, deploy_small: DeploySmall
) -> None:
    told = arrears(deploy_small(crafted(tmp_path / "books")), "restate", *OPTIONS)
    assert told.code == 2
    assert "2 of these nights were never run, 2026-08-07 for one" in told.err
    assert "`arrears backfill run --source small --from 2026-08-07 --to 2026-08-08` makes them" in told.err
