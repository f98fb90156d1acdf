"""Staff at the quarantine: list, show, release, drop, and what the next pull makes of it."""

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.cli.quarantine import SHOWN
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, new_casebook
from tests.sources.plain_source import NIGHT, PlainSource

NEXT = NIGHT + dt.timedelta(days=1)
WHY = ("--why", "seen on the bank's statement", "--on", str(NIGHT))


def bad_night(folder: Path, server: str) -> Deployment:
    """A night with seven bad rows: an amount with a comma, a payment for nobody, a date in 2999, and a bill that waits for
    its account among them."""
    source = PlainSource(folder / "plain", "files")
    source.add("account").add("account", account_id="A2").add("account", account_id="late", opened_on="?")
    source.add("bill").add("bill", bill_id="B2", account_id="late")
    source.add("payment").add("payment", payment_id="P2", amount="1,234.50").add(
        "payment", payment_id="P3", account_id="A9"
    )
    source.add("payment", payment_id="P4", paid_on="2999-09-03", amount="7.00")
    source.add("payment", payment_id="=P5", account_id=None, amount="0.03")
    source.add("payment", payment_id="P6", currency="EUR").write()
    receipt = source.pull()
    assert (receipt.rows_quarantined, receipt.money_in_suspense) == (7, Decimal("140.03"))
    own = source.variables(ARREARS_CASEBOOK_URL=new_casebook(server), ARREARS_QUARANTINE_SHARE="1")
    return Deployment(source.folder / "state", own)


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory, casebook_server: str) -> Deployment:
    """One that no test decides on."""
    return bad_night(tmp_path_factory.mktemp("pulled"), casebook_server)


@pytest.fixture
def own(tmp_path: Path, casebook_server: str) -> Deployment:
    return bad_night(tmp_path, casebook_server)


def rows(arrears: Arrears, deployment: Deployment, folder: Path, *arguments: str) -> dict[str, dict[str, str]]:
    """The list as a spreadsheet has it, by rule."""
    told = arrears(deployment, "quarantine", "list", "--csv", str(folder / "rows.csv"), *arguments)
    assert told.code == 0
    with (folder / "rows.csv").open(encoding="utf-8-sig", newline="") as handle:
        return {row["rule"]: row for row in csv.DictReader(handle)}


def test_the_list_counts_by_rule_says_what_each_means_and_what_is_in_suspense(
    arrears: Arrears, pulled: Deployment
) -> None:
    out = arrears(pulled, "quarantine", "list").out
    assert out.startswith(
        "plain: 7 rows are in quarantine, over 187.03 USD; 140.03 of it is in suspense: it names no known account."
    )
    lines = [line.split() for line in out.splitlines()]
    assert ["payment", "amount.thousands_commas", "1", "-", "a", "number", "with", "thousands", "commas"] in lines
    assert any(line[1:3] == ["waiting", "payment"] and line[3:5] == ["A9", "?"] for line in lines)
    told = arrears(pulled, "quarantine", "list", "--table", "payment", "--rule", "missing", "--lang", "zh").out
    assert "必填项为空" in told
    assert "待处理" in told
    assert "A9" not in told


def test_a_file_holds_each_row_whole_and_no_formula(arrears: Arrears, pulled: Deployment, tmp_path: Path) -> None:
    found = rows(arrears, pulled, tmp_path)
    assert len(found) == 7
    assert (found["amount.thousands_commas"]["given_amount"], found["amount.thousands_commas"]["money"]) == (
        "1,234.50",
        "",
    )
    assert found["account_id.missing"]["given_payment_id"] == "'=P5"
    assert (found["account_id.waits"]["file"], found["account_id.waits"]["row"]) == ("bill-1.csv", "3")


def test_show_tells_the_row_its_rule_and_its_remedy(arrears: Arrears, pulled: Deployment, tmp_path: Path) -> None:
    found = rows(arrears, pulled, tmp_path)["amount.thousands_commas"]["quarantine_id"]
    out = arrears(pulled, "quarantine", "show", found[:8]).out
    assert out.startswith(f"{found}  plain: payment\n")
    assert "amount.thousands_commas: a number with thousands commas" in out
    assert "take them away in the mapping" in out
    assert "payment-1.csv:3" in out
    assert "→ amount               1,234.50" in out
    assert "在映射中去掉逗号" in arrears(pulled, "quarantine", "show", found, "--lang", "zh").out


def test_decisions_reach_the_next_pull(arrears: Arrears, own: Deployment, tmp_path: Path) -> None:
    found = {rule: row["quarantine_id"] for rule, row in rows(arrears, own, tmp_path).items()}
    told = arrears(own, "quarantine", "release", found["amount.thousands_commas"], "--set", "amount=1234.50", *WHY)
    assert (told.code, told.err) == (0, "")
    assert arrears(own, "quarantine", "release", found["account_id.nobody"], "--set", "account_id=A2", *WHY).code == 0
    assert arrears(own, "quarantine", "release", "--rule", "in_the_future", "--yes", *WHY).code == 0
    told = arrears(own, "quarantine", "drop", found["currency.another"], "--by", "the clerk", *WHY)
    assert told.out == "plain: dropped from the next pull on, as decided by the clerk: 1\n"
    told = arrears(own, "pull", "--as-of", str(NEXT))
    assert "3 out of quarantine" in told.out
    left = rows(arrears, own, tmp_path)
    assert {rule: row["state"] for rule, row in left.items()} == {
        "currency.another": "dropped",
        "account_id.missing": "waiting",
        "account_id.waits": "waiting",
        "opened_on.not_a_date": "waiting",
    }
    out = arrears(own, "quarantine", "show", found["currency.another"]).out
    assert "drop · the clerk · 2026-10-01 00:00 · seen on the bank's statement" in out


def test_a_decision_of_today_waits_for_a_pull_of_tomorrow(arrears: Arrears, own: Deployment, tmp_path: Path) -> None:
    """A pull of a past night knows nothing of it."""
    found = rows(arrears, own, tmp_path)["paid_on.in_the_future"]["quarantine_id"]
    assert arrears(own, "quarantine", "release", found, "--why", "true").code == 0
    assert rows(arrears, own, tmp_path)["paid_on.in_the_future"]["state"] == "release"
    assert "out of quarantine" not in arrears(own, "pull", "--as-of", str(NEXT)).out


REFUSED = [
    (("show", "000000"), "no row in quarantine has the id 000000; `arrears quarantine list` shows them"),
    (("list", "--table", "payments"), "there is no table payments; there are: customer, premise, "),
    (("drop", *WHY), "say which rows: their ids, or --table, --rule or both"),
    (("drop", "--rule", "negative", *WHY), "there is no such row in quarantine; "),
    (("drop", "--table", "payment", *WHY), "add --yes to decide on all of them"),
    (("drop", "--table", "payment", "--yes", "--why", " "), "the reason is empty; say in a few words why"),
    (("drop", "--table", "payment", "--yes", "--why", "x", "--on", "2999-01-01"), "--on 2999-01-01 lies ahead"),
    (("drop", "000000", "--table", "payment", *WHY), "name rows by their ids, or choose them by --table and --rule, not both"),
    (("release", "--rule", "thousands_commas", "--yes", *WHY), "amount.thousands_commas cannot be let pass, since"),
    (("release", "--rule", "thousands_commas", "--yes", "--set", "sum=1", *WHY), "payment has no column 'sum'; it has "),
    (("release", "--table", "payment", "--yes", "--set", "amount=1", *WHY), "--set corrects one row; name it by its id"),
]  # fmt: skip


def test_what_cannot_be_decided_is_refused_and_nothing_is_kept(
    arrears: Arrears, pulled: Deployment, tmp_path: Path
) -> None:
    for arguments, sentence in REFUSED:
        told = arrears(pulled, "quarantine", *arguments)
        assert (told.code, told.err.startswith("arrears: ")) == (2, True), arguments
        assert sentence in told.err.replace("\n", " ")
    assert {row["state"] for row in rows(arrears, pulled, tmp_path).values()} == {"waiting"}


def test_a_bulk_is_told_before_it_is_decided(arrears: Arrears, pulled: Deployment) -> None:
    told = arrears(pulled, "quarantine", "drop", "--table", "payment", *WHY)
    assert told.out == "rows: 5 · money: 87.03\n"


def test_without_any_bad_row_there_is_nothing_to_show(arrears: Arrears, empty: Deployment) -> None:
    told = arrears(empty, "quarantine", "list")
    assert told.out.startswith("demo: 0 rows are in quarantine, over 0.00 CNY; 0.00 of it is in suspense")


def test_the_list_shows_the_newest_and_says_how_many_more(
    arrears: Arrears, tmp_path: Path, casebook_server: str
) -> None:
    source = PlainSource(tmp_path / "plain", "files").add("payment")
    for number in range(SHOWN + 5):
        source.add("payment", payment_id=f"X{number}", amount="-1")
    own = source.write().variables(ARREARS_CASEBOOK_URL=new_casebook(casebook_server), ARREARS_QUARANTINE_SHARE="1")
    deployment = Deployment(source.folder / "state", own)
    arrears(deployment, "pull", "--as-of", str(NIGHT))
    out = arrears(deployment, "quarantine", "list").out
    assert out.endswith("and 5 more; --csv FILE writes all\n")
    assert sum(" waiting " in line for line in out.splitlines()) == SHOWN
