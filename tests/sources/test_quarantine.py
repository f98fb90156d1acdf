"""The quarantine through whole pulls: what waits for what, what stops a night, what a mistyped payment does to its account."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from arrears.errors import SourceError
from arrears.lake import quarantine
from arrears.lake.quarantine import Decision
from arrears.pipeline import open_run, run_stage
from arrears.settings import settings
from arrears.snapshot.features import open_gates
from arrears.snapshot.steps import make_features
from tests.sources.plain_source import GOOD, NIGHT, PlainSource

NEXT = NIGHT + dt.timedelta(days=1)


def rules(source: PlainSource, table: str) -> list[str]:
    return sorted(rule for rule, *_ in source.set_aside(table))


def declare(source: PlainSource, **keys: object) -> None:
    path = source.mapping("bill").parent / "source.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **keys}, allow_unicode=True))


def features(source: PlainSource, night: dt.date) -> dict[str, tuple[int, Decimal]]:
    """Of each account what is in question as of `night`."""
    with source.entered() as lake, duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        open_gates(con, open_run("plain", night), settings(), lake)
        make_features(con, settings().sql / "features", night)
        rows = con.execute(
            "SELECT account_id, quarantined_money_rows, quarantined_money_amount FROM features"
        ).fetchall()
    return {account: (count, amount) for account, count, amount in rows}


def test_what_an_account_in_quarantine_has_waits_for_it_and_stops_no_night(few: PlainSource) -> None:
    """One slip in an account, and 40 of its bills behind it: the slip is told, and the bills come with the account."""
    few.add("account").add("account", account_id="A2", tariff="cheap")
    for number in range(40):
        few.add("bill", bill_id=f"B{number}", account_id="A2")
    few.add("bill")
    strict = {"ARREARS_QUARANTINE_ROWS": "1", "ARREARS_QUARANTINE_SHARE": "0"}
    receipt = few.write().pull(**strict)
    assert (rules(few, "account"), set(rules(few, "bill"))) == (["tariff.unknown"], {"account_id.waits"})
    assert [remark for remark in receipt.remarks if ".waits: " in remark] == [
        "plain: bill: bill-1.csv row 2: account_id.waits: account_id is 'A2' (one of 40 such rows)"
    ]
    few.rows["account"][1] |= {"tariff": "residential", "recorded_at": "2026-10-01 09:00:00"}
    receipt = few.write().pull(NEXT, **strict)
    assert (receipt.rows_released, receipt.rows_quarantined, receipt.money_released) == (40, 0, Decimal(4000))
    assert len(few.accepted("bill")) == 41


def test_the_money_of_rows_that_name_nobody_is_in_suspense_until_somebody_is_found(few: PlainSource) -> None:
    few.add("account").add("payment").add("payment", payment_id="P2", account_id="A9", amount="7.77")
    few.add("payment", payment_id="P3", account_id=None, amount="0.03").add("payment", payment_id="P4", amount="-1")
    receipt = few.write().pull()
    assert (receipt.money_in_suspense, receipt.money_quarantined) == (Decimal("7.80"), Decimal("6.80"))
    few.add("account", account_id="A9", recorded_at="2026-10-01 09:00:00").write()
    receipt = few.pull(NEXT)
    assert (receipt.money_in_suspense, receipt.money_released) == (Decimal("0.03"), Decimal("7.77"))


def test_a_mistyped_payment_is_in_question_until_it_is_released(files: PlainSource) -> None:
    """As of each night what was known then, also when the nights before are looked at later."""
    files.add("account").add("account", account_id="A2")
    files.add("payment", payment_id="P1", amount="4O.00").add("payment", payment_id="P2", amount="12.345")
    files.add("payment", payment_id="P3", account_id="A2").write().pull()
    assert features(files, NIGHT) == {"A1": (2, Decimal("12.35")), "A2": (0, Decimal("0.00"))}
    (one,) = [given for rule, _, _, given in files.set_aside("payment") if rule == "amount.not_a_number"]
    assert one["amount"] == "4O.00"
    with files.entered() as lake, duckdb.connect() as con:
        aside = quarantine.files_of(quarantine.partitions(lake, "payment"), quarantine.ROWS)
        rows = con.execute("SELECT quarantine_id, broken_rule FROM read_parquet(?)", [list(map(str, aside))]).fetchall()
    corrected = {"amount.not_a_number": {"amount": "40.00"}, "amount.finer_than_a_cent": {"amount": "12.34"}}
    files.decisions = {name: Decision(name, False, corrected[rule]) for name, rule in rows}
    files.pull(NEXT)
    assert features(files, NEXT) == {"A1": (0, Decimal("0.00")), "A2": (0, Decimal("0.00"))}
    assert features(files, NIGHT)["A1"] == (2, Decimal("12.35")), "that night stays as it was"
    assert [row["amount"] for row in files.accepted("payment")] == ["40.00", "12.34", "40.00"]


def test_a_night_that_is_pulled_once_more_forgets_what_it_set_aside(few: PlainSource) -> None:
    few.add("payment", amount="ten").write().pull()
    few.rows["payment"][0]["amount"] = "10.00"
    few.write().refresh()
    receipt = few.pull(NEXT)
    assert (receipt.rows_released, receipt.money_in_suspense) == (0, Decimal("0.00"))
    with few.entered() as lake:
        assert [each.folder.name for each in quarantine.partitions(lake, "payment")] == ["v=2"]


@pytest.mark.parametrize(("share", "is_stopped"), [(0.1, False), (0.09, True), (0.0, True)])
def test_a_table_may_have_a_share_of_its_own(few: PlainSource, share: float, is_stopped: bool) -> None:
    for number in range(10):
        few.add("payment", payment_id=f"P{number}", amount="10.00" if number else "ten")
    declare(few.write(), stop_above={"payment": share})
    if not is_stopped:
        assert few.pull().rows_quarantined == 1
        return
    with pytest.raises(
        SourceError, match="payment: too_many_set_aside: 1 of 10 rows break a rule, more than the 0 rows"
    ):
        few.pull()


def test_columns_that_changed_places_are_asked_about(few: PlainSource) -> None:
    for number in range(20):
        few.add("bill", bill_id=f"B{number}", due_on="100.00", amount="2026-09-22")
    few.write()
    with pytest.raises(SourceError) as stop:
        few.pull(ARREARS_QUARANTINE_SHARE="0.5")
    said = "plain: bill: bill-1.csv: due_on.a_number_instead in 20 of 20 rows: are the columns swapped?"
    assert said in str(stop.value)


def test_no_more_than_half_a_file_is_no_sign_of_swapped_columns(few: PlainSource) -> None:
    for number in range(20):
        few.add("bill", bill_id=f"B{number}", status="issued" if number % 2 else "sent")
    assert not any("swapped" in remark for remark in few.write().pull().remarks)


def test_a_source_without_bills_has_no_rule_that_reads_them(files: PlainSource) -> None:
    """What a source lacks is not missed by rows that point at it."""
    files.write()
    files.mapping("bill").unlink()
    declare(files, absent=["bill"])
    receipt = files.pull()
    assert (receipt.rows_quarantined, receipt.rows_out) == (0, len(GOOD) - 1)


def test_a_source_may_say_nothing_of_a_table_that_is_none(files: PlainSource) -> None:
    declare(files.write(), stop_above={"payments": 0.1})
    with pytest.raises(Exception, match="there is no table payments; there are: customer, "):
        files.pull()


def test_a_file_that_may_not_be_read(few: PlainSource, monkeypatch: pytest.MonkeyPatch) -> None:
    few.add("bill").write()
    real = Path.open

    def refuse(path: Path, *args: Any, **kwargs: Any) -> Any:
        if path == few.file("bill"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceError, match=r"bill-1\.csv: file_unreadable: Permission denied; mend its rights"):
        few.pull()


def signals(source: PlainSource, night: dt.date) -> dict[str, dict[str, Any]]:
    """What the checkout's own policy says of each account."""
    with source.pulling():
        run = open_run("plain", night)
        for stage in ("pull", "features", "scores", "signals"):
            run_stage(stage, run)
        with source.entered() as lake:
            rows = [
                row
                for path in lake.stage("signals", run).files
                for row in pq.read_table(path, partitioning=None).to_pylist()
            ]
    return {row["account_id"]: row for row in rows}


def test_a_mistyped_payment_does_not_become_a_demand(files: PlainSource) -> None:
    """Two accounts owe the same bill, 40 days past due. One has paid it, with a slip of the clerk's."""
    for account in ("paid", "owes"):
        files.add("account", account_id=account)
        files.add("bill", bill_id=account, account_id=account, issued_on="2026-08-02", due_on="2026-08-22")
    files.add("payment", payment_id="slip", account_id="paid", amount="1OO.00").write()
    told = signals(files, NIGHT)
    assert {account: (row["is_in_collection"], row["treatment"]) for account, row in told.items()} == {
        "paid": (True, "none"),
        "owes": (True, "demand"),
    }
    assert told["paid"]["treatment_rule"] == "money-in-question"
    assert told["paid"]["payment_mode_rule"] == "money-in-question-stays"
    files.decisions = {name: Decision(name, False, {"amount": "100.00"}) for name in ids(files, "payment")}
    told = signals(files, NEXT)
    assert (told["paid"]["is_in_collection"], told["paid"]["open_amount"]) == (False, Decimal("0.00"))
    assert told["owes"]["treatment"] == "demand"


def ids(source: PlainSource, table: str) -> list[str]:
    with source.entered() as lake:
        found = quarantine.files_of(quarantine.partitions(lake, table), quarantine.ROWS)
        return [row["quarantine_id"] for path in found for row in pq.read_table(path, partitioning=None).to_pylist()]
