"""Rows that people recorded in the casebook, beside what the source brings."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from arrears.domain.run import Receipt, midnight
from arrears.errors import SourceError
from arrears.lake.contract import load_contract
from arrears.lake.gate import open_gate
from tests.sources.plain_source import CONTRACT, NIGHT, PlainSource

PROMISE = {
    "arrangement_id": "casebook:1", "part_no": "1", "account_id": "A1", "kind": "promise", "agreed_on": "2026-10-01",
    "due_on": "2026-10-05", "amount": "9.00", "status": "open", "recorded_at": "2026-10-01T04:00:00+00:00",
}  # fmt: skip
BROKEN = {**PROMISE, "status": "broken", "recorded_at": "2026-10-05T16:00:00+00:00"}


def after(days: int) -> dt.date:
    return NIGHT + dt.timedelta(days=days)


def pull(
    source: PlainSource, monkeypatch: pytest.MonkeyPatch, days: int, *rows: dict[str, str], again: bool = False
) -> Receipt:
    recorded = {"arrangement": pa.Table.from_pylist(list(rows))} if rows else {}
    monkeypatch.setattr("arrears.pipeline._recorded", lambda _run: recorded)
    return source.refresh(after(days)) if again else source.pull(after(days))


def known(source: PlainSource, days: int) -> dict[str, str]:
    """The status of each arrangement, as a night knows it."""
    contract = load_contract(CONTRACT, "arrangement")
    with source.entered() as lake, duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        files = [path for found in lake.raw("arrangement") for path in found.files]
        open_gate(con, contract, files, as_of=after(days), known_at=midnight(after(days), ZoneInfo("Asia/Shanghai")))
        return dict(con.execute("SELECT arrangement_id, status FROM arrangement_known ORDER BY 1").fetchall())


def small(folder: Path, *tables: str) -> PlainSource:
    """A source of accounts and these tables alone."""
    return PlainSource(folder / "plain", "database", ("account", *tables)).write()


@pytest.fixture
def source(tmp_path: Path) -> PlainSource:
    return small(tmp_path, "arrangement")


def test_they_come_beside_the_source_s_and_the_receipt_balances(
    source: PlainSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(source, monkeypatch, 0)
    receipt = pull(source, monkeypatch, 1, PROMISE)
    assert receipt.rows_in == receipt.rows_out + receipt.rows_repeated + receipt.rows_quarantined
    assert receipt.rows_out == 1
    assert "plain: arrangement: 1 rows were recorded in the casebook" in receipt.remarks
    receipt = pull(source, monkeypatch, 6, PROMISE, BROKEN)
    assert receipt.rows_in == receipt.rows_out + receipt.rows_repeated + receipt.rows_quarantined
    assert [known(source, days) for days in (0, 1, 2, 6)] == [
        {"G1": "open"},
        {"G1": "open", "casebook:1": "open"},
        {"G1": "open", "casebook:1": "open"},
        {"G1": "open", "casebook:1": "broken"},
    ]


def test_what_was_stamped_back_is_unknown_to_the_nights_before_it_came(
    source: PlainSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it is stamped back further than a source's rows are read again."""
    pull(source, monkeypatch, 9)
    pull(source, monkeypatch, 10, PROMISE)
    assert [known(source, days) for days in (5, 9, 10)] == [
        {"G1": "open"},
        {"G1": "open"},
        {"G1": "open", "casebook:1": "open"},
    ]


def test_a_night_that_is_pulled_again_has_them_again(source: PlainSource, monkeypatch: pytest.MonkeyPatch) -> None:
    pull(source, monkeypatch, 1, PROMISE)
    pull(source, monkeypatch, 1, PROMISE, again=True)
    assert known(source, 1) == {"G1": "open", "casebook:1": "open"}


@pytest.mark.parametrize("header", ["-- changes: compare\n", "-- deletes: compare keys\n"])
def test_a_comparison_with_the_source_does_not_take_them_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    source = small(tmp_path, "arrangement")
    mapping = source.mapping("arrangement")
    whole = mapping.read_text().replace("WHERE recorded_at >= :since AND recorded_at < :until", "")
    mapping.write_text(header + (whole if "changes" in header else mapping.read_text()))
    for days, rows in ((1, (PROMISE,)), (2, (PROMISE,)), (6, (PROMISE, BROKEN)), (7, (PROMISE, BROKEN))):
        receipt = pull(source, monkeypatch, days, *rows)
        assert receipt.rows_deleted == 0
    assert [known(source, days)["casebook:1"] for days in (1, 2, 6, 7)] == ["open", "open", "broken", "broken"]


def test_a_source_without_arrangements_has_those_that_people_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = small(tmp_path)
    first = pull(source, monkeypatch, 0)
    second = pull(source, monkeypatch, 1, PROMISE)
    assert (second.rows_out, first.money_in - first.money_out) == (1, Decimal(0))
    assert known(source, 1) == {"casebook:1": "open"}


def test_a_source_may_not_use_their_ids(source: PlainSource, monkeypatch: pytest.MonkeyPatch) -> None:
    source.add("arrangement", arrangement_id="casebook:7").write()
    with pytest.raises(SourceError, match="id_reserved: the mapping yields arrangement_id that begins with casebook:"):
        pull(source, monkeypatch, 0)


def test_one_for_an_account_that_nobody_knows_is_set_aside(
    source: PlainSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(source, monkeypatch, 0)
    receipt = pull(source, monkeypatch, 1, {**PROMISE, "account_id": "A9"})
    assert (receipt.rows_out, receipt.rows_quarantined) == (0, 1)
    assert [rule for rule, *_ in source.set_aside("arrangement")] == ["account_id.nobody"]


HOLD = {
    "hold_id": "casebook:h1", "account_id": "A1", "bill_id": None, "reason": "disaster", "from_on": "2026-10-01",
    "until_on": "2026-12-01", "recorded_at": "2026-10-01T04:00:00+00:00",
}  # fmt: skip


def test_a_hold_comes_to_a_source_that_has_none_and_is_named_absent_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = small(tmp_path)
    declared = source.mapping("account").parent / "source.yaml"
    declared.write_text(declared.read_text().replace(", hold", ""))
    columns = pa.schema([(name, pa.string()) for name in HOLD])
    recorded = {"hold": pa.Table.from_pylist([HOLD], schema=columns)}
    source.pull(NIGHT)
    monkeypatch.setattr("arrears.pipeline._recorded", lambda _run: recorded)
    assert source.pull(after(1)).rows_out == 1
    contract = load_contract(CONTRACT, "hold")
    with source.entered() as lake, duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        files = [path for found in lake.raw("hold") for path in found.files]
        open_gate(con, contract, files, as_of=after(1), known_at=midnight(after(1), ZoneInfo("Asia/Shanghai")))
        assert con.execute("SELECT hold_id, until_on FROM hold_known").fetchall() == [
            ("casebook:h1", dt.date(2026, 12, 1))
        ]
