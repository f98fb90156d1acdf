"""Rows that break the contract: set aside with the rule's name, told in one sentence, and no other row is lost with them."""

from decimal import Decimal

import pytest

from arrears.errors import SourceError
from tests.sources.plain_source import GOOD, NIGHT, PlainSource, Row

FAULTS: list[tuple[str, Row, str]] = [
    ("customer", {"customer_id": None}, "customer_id.missing"),
    ("customer", {"name": "  "}, "name.missing"),
    ("customer", {"name": "nul\x00"}, "name.null_character"),
    ("customer", {"language": "fr"}, "language.unknown"),
    ("account", {"customer_id": ""}, "customer_id.missing"),
    ("account", {"district": None}, "district.missing"),
    ("account", {"voltage_class": "400V"}, "voltage_class.unknown"),
    ("account", {"tariff": "Residential"}, "tariff.unknown"),
    ("account", {"contracted_capacity_kva": "8 kVA"}, "contracted_capacity_kva.not_a_number"),
    ("account", {"contracted_capacity_kva": "-8"}, "contracted_capacity_kva.negative"),
    ("account", {"opened_on": "01.02.2020"}, "opened_on.day_month_year"),
    ("account", {"closed_on": "soon"}, "closed_on.not_a_date"),
    ("account", {"closed_on": "2019-12-31"}, "closed_on.before_opening"),
    ("bill", {"bill_id": " "}, "bill_id.missing"),
    ("bill", {"bill_id": "B\x00"}, "bill_id.null_character"),
    ("bill", {"account_id": None}, "account_id.missing"),
    ("bill", {"amount": None}, "amount.not_a_number"),
    ("bill", {"amount": "one hundred"}, "amount.not_a_number"),
    ("bill", {"amount": "NaN"}, "amount.not_finite"),
    ("bill", {"amount": "inf"}, "amount.not_finite"),
    ("bill", {"amount": "1e400"}, "amount.not_a_number"),
    ("bill", {"amount": "1,000.00"}, "amount.thousands_commas"),
    ("bill", {"amount": "¥5"}, "amount.currency_sign"),
    ("bill", {"amount": "99999999999999999"}, "amount.too_large"),
    ("bill", {"amount": "-0.01"}, "amount.negative"),
    ("bill", {"amount": "10.005"}, "amount.finer_than_a_cent"),
    ("bill", {"due_on": "2026-02-30"}, "due_on.no_such_day"),
    ("bill", {"due_on": "today"}, "due_on.not_a_date"),
    ("bill", {"due_on": "infinity"}, "due_on.too_far_ahead"),
    ("bill", {"due_on": "20226-10-01"}, "due_on.too_far_ahead"),
    ("bill", {"issued_on": "0026-09-02"}, "issued_on.too_long_ago"),
    ("bill", {"due_on": "2026-09-01"}, "due_on.before_issue"),
    ("bill", {"period_start_on": None}, "period_start_on.not_a_date"),
    ("bill", {"period_end_on": "2026-07-31"}, "period_end_on.before_start"),
    ("bill", {"energy_wh": "many"}, "energy_wh.not_a_number"),
    ("bill", {"status": "paid"}, "status.unknown"),
    ("bill", {"recorded_at": None}, "recorded_at.not_an_instant"),
    ("bill", {"recorded_at": "2026-09-31 10:00:00"}, "recorded_at.no_such_moment"),
    ("bill", {"recorded_at": "last week"}, "recorded_at.not_an_instant"),
    ("bill", {"recorded_at": "0026-09-02 10:00:00"}, "recorded_at.too_long_ago"),
    ("payment", {"amount": "0"}, "amount.not_positive"),
    ("payment", {"amount": "-40.00"}, "amount.not_positive"),
    ("payment", {"paid_on": "2026-13-01"}, "paid_on.no_such_day"),
    ("payment", {"payment_id": "X", "reverses_payment_id": "X"}, "reverses_payment_id.itself"),
    ("reading", {"energy_wh": "-1"}, "energy_wh.negative"),
    ("reading", {"energy_wh": None}, "energy_wh.missing"),
    ("reading", {"quality": "missing"}, "energy_wh.present_though_missing"),
    ("reading", {"quality": "guessed"}, "quality.unknown"),
    ("incident", {"kind": "noise"}, "kind.unknown"),
    ("incident", {"status": "rumoured"}, "status.unknown"),
    ("dispute", {"bill_id": None}, "bill_id.missing"),
    ("dispute", {"closed_on": "2026-09-01"}, "closed_on.before_opening"),
]

NAMED_BY = dict.fromkeys(("meter", "reading", "profile"), "meter_id")
"""What tells rows apart where the first column of the key is the account."""


def test_each_faulty_row_is_set_aside_by_its_rule_and_told_with_its_place(files: PlainSource) -> None:
    """All faults in one pull, each row of a table followed by a good one."""
    rules: dict[str, list[tuple[int, str]]] = {table: [] for table in GOOD}
    files.add("customer").add("account").add("bill")
    for number, (table, fault, rule) in enumerate(FAULTS):
        key = NAMED_BY.get(table, next(iter(GOOD[table])))
        files.add(table, **{key: f"X{number}", **fault})
        rules[table].append((len(files.rows[table]) + 1, rule))
        files.add(table, **{key: f"good{number}"})
    receipt = files.write().pull()

    for table, expected in rules.items():
        assert sorted((row, rule) for rule, _, row, _ in files.set_aside(table)) == sorted(
            (row, rule) for row, rule in expected
        )
        key = NAMED_BY.get(table, next(iter(GOOD[table])))
        kept = {row[key] for row in files.accepted(table)}
        sound = {GOOD[table][key], *(row[key] for row in files.rows[table] if str(row[key]).startswith("good"))}
        assert kept == sound & {row[key] for row in files.rows[table] or [GOOD[table]]}, "nothing valid is lost"
        for row, rule in expected:
            place = f"plain: {table}: {table}-1.csv row {row}: {rule}: {rule.partition('.')[0]} is "
            alike = [other for other in expected if other[1] == rule]
            is_told = any(remark.startswith(place) for remark in receipt.remarks)
            assert is_told == ((row, rule) in alike[:3]), f"the first three of a rule are told: {place}"
    assert receipt.rows_quarantined == len(FAULTS)
    assert receipt.rows_in == receipt.rows_out + receipt.rows_quarantined
    assert receipt.money_in == receipt.money_out + receipt.money_quarantined


@pytest.mark.parametrize("amount", ["12", "12.0", "12.00", "+12", " 12.00 ", "1.2e1", "12."])
def test_an_amount_may_be_written_in_several_ways(few: PlainSource, amount: str) -> None:
    receipt = few.add("bill", amount=amount).write().pull()
    assert few.accepted("bill")[0]["amount"] == "12.00"
    assert receipt.money_out == Decimal("12.00") + 40


def test_the_row_in_quarantine_is_whole_and_as_the_source_gave_it(few: PlainSource) -> None:
    few.add("bill", bill_id="B9", amount=' "twelve", 王 ', status="ISSUED").add("bill").write().pull()
    ((rule, file, row, given),) = few.set_aside("bill")
    assert (rule, file, row) == ("amount.not_a_number", "bill-1.csv", 2)
    assert given["amount"] == ' "twelve", 王 '
    assert (given["bill_id"], given["status"], given["due_on"]) == ("B9", "ISSUED", "2026-09-22")


def test_a_row_of_a_query_is_named_by_its_key(database: PlainSource) -> None:
    database.add("bill", bill_id="B7", amount="abc").add("bill")
    database.add("reading", read_on="2026-09-05", quality="?").add("reading")
    remarks = database.write().pull().remarks
    assert remarks == (
        "plain: reading: account_id 'A1', meter_id 'M1', read_on '2026-09-05': quality.unknown: quality is '?'",
        "plain: bill: bill_id 'B7': amount.not_a_number: amount is 'abc'",
    )


def test_of_many_rows_three_are_told_and_all_are_counted(few: PlainSource) -> None:
    for number in range(5):
        few.add("payment", payment_id=f"bad{number}", amount="-1")
    for number in range(5):
        few.add("payment", payment_id=f"good{number}")
    remarks = few.write().pull().remarks
    assert remarks == tuple(
        f"plain: payment: payment-1.csv row {row}: amount.not_positive: amount is '-1' (one of 5 such rows)"
        for row in (2, 3, 4)
    )


def test_a_long_value_is_cut_in_the_sentence_and_kept_in_quarantine(few: PlainSource) -> None:
    (remark,) = few.add("bill", bill_id="B2", status="x" * 5000).add("bill").write().pull().remarks
    assert len(remark) < 200
    ((_, _, _, given),) = few.set_aside("bill")
    assert given["status"] == "x" * 5000


NAMES = [
    "O'Brien & Söhne", 'say "hi"', "two\nlines", "😀🎉", "=cmd|' /C calc'!A0", "{{ 7 * 7 }}", "<b>bold</b>", "王\u3000小明",
    "\u202eevil", "%s {0}", "x" * 3000,
]  # fmt: skip


@pytest.mark.parametrize("kind", ["files", "database"])
def test_names_come_through_as_they_are(kind: str, request: pytest.FixtureRequest) -> None:
    source: PlainSource = request.getfixturevalue(kind)
    for number, name in enumerate(NAMES):
        source.add("customer", customer_id=f"C{number:02}", name=name)
    source.add("customer", customer_id="C")
    source.add("contact", customer_id="C").add("external_record", customer_id="C")
    receipt = source.write().pull()
    assert [row["name"] for row in source.accepted("customer")] == ["Li", *NAMES]
    assert receipt.rows_quarantined == 0


def test_two_spellings_of_a_letter_are_one_id(few: PlainSource) -> None:
    """é as one sign, or as e with an accent: the second is the same row again."""
    receipt = few.add("customer", customer_id="Caf\u00e9").add("customer", customer_id=" Cafe\u0301 ").write().pull()
    assert [row["customer_id"] for row in few.accepted("customer")] == ["Caf\u00e9"]
    assert receipt.rows_repeated == 1


def test_one_bill_twice_is_repeated_and_two_bills_of_one_id_are_both_set_aside(few: PlainSource) -> None:
    few.add("bill", bill_id="same").add("bill", bill_id="same")
    few.add("bill", bill_id="other", amount="1.00").add("bill", bill_id="other", amount="2.00")
    receipt = few.add("bill", bill_id="alone").write().pull()
    assert [row["bill_id"] for row in few.accepted("bill")] == ["alone", "same"]
    aside = [(rule, row, given["amount"]) for rule, _, row, given in few.set_aside("bill")]
    rule = "bill_id.twice_with_different_content"
    assert aside == [(rule, 4, "1.00"), (rule, 5, "2.00")], "neither can be trusted"
    assert receipt.rows_repeated == 1
    assert (receipt.money_repeated, receipt.money_quarantined) == (Decimal(100), Decimal(3))
    assert f"plain: bill: bill-1.csv row 4: {rule}: bill_id is 'other' (one of 2 such rows)" in receipt.remarks


def test_a_file_sent_twice_changes_nothing(few: PlainSource) -> None:
    few.add("payment").add("payment", payment_id="P2").write()
    (few.drop / "payment-2.csv").write_bytes(few.file("payment").read_bytes())
    receipt = few.pull()
    assert [row["payment_id"] for row in few.accepted("payment")] == ["P1", "P2"]
    assert receipt.rows_repeated == 2


STRICT = {"ARREARS_QUARANTINE_ROWS": "0", "ARREARS_QUARANTINE_SHARE": "0.09"}


def _ten_payments(files: PlainSource, bad: int) -> PlainSource:
    for number in range(10):
        files.add("payment", payment_id=f"P{number}", amount="ten" if number >= 10 - bad else "10.00")
    return files.write()


def test_too_many_set_aside_stop_the_pull_and_nothing_of_the_table_is_taken(files: PlainSource) -> None:
    with pytest.raises(SourceError) as stop:
        _ten_payments(files, bad=1).pull(**STRICT)
    assert str(stop.value) == (
        "plain: payment: too_many_set_aside: 1 of 10 rows break a rule, more than the 0 rows or the share 0.09 that a night "
        "may lose; nothing of this table was taken. "
        "plain: payment: payment-1.csv row 11: amount.not_a_number: amount is 'ten'"
    )
    with files.entered() as lake:
        assert lake.raw("bill"), "what was pulled before it is kept"
        assert not lake.raw("payment")
        assert not lake.raw("security")
    assert files.set_aside("payment") == []


def test_a_mended_source_is_pulled_to_the_end(files: PlainSource) -> None:
    with pytest.raises(SourceError):
        _ten_payments(files, bad=1).pull(**STRICT)
    files.rows["payment"][9]["amount"] = "10.00"
    receipt = files.write().pull(**STRICT)
    assert receipt.rows_quarantined == 0
    assert {table: len(files.accepted(table)) for table in GOOD} == {**dict.fromkeys(GOOD, 1), "payment": 10}


@pytest.mark.parametrize(
    ("bad", "rows", "share", "is_stopped"),
    [(1, 0, "0.1", False), (2, 0, "0.1", True), (2, 2, "0", False), (3, 2, "0", True), (3, 2, "0.3", False)],
)
def test_so_many_rows_or_such_a_share_may_be_set_aside(
    few: PlainSource, bad: int, rows: int, share: str, is_stopped: bool
) -> None:
    limits = {"ARREARS_QUARANTINE_ROWS": str(rows), "ARREARS_QUARANTINE_SHARE": share}
    _ten_payments(few, bad)
    if is_stopped:
        with pytest.raises(SourceError, match=f"payment: too_many_set_aside: {bad} of 10"):
            few.pull(**limits)
    else:
        assert few.pull(**limits).rows_quarantined == bad


def test_one_bad_row_that_nobody_mends_stops_no_later_night(few: PlainSource) -> None:
    """Its stamp cannot be read, so that it comes again every night, and is known again."""
    for number in range(200):
        few.add("payment", payment_id=f"P{number}", recorded_at="2026-09-01 10:00:00")
    few.add("payment", payment_id="bad", recorded_at="noon").write()
    default = {"ARREARS_QUARANTINE_ROWS": "10", "ARREARS_QUARANTINE_SHARE": "0.01"}
    assert [few.pull(NIGHT.replace(day=day), **default).rows_quarantined for day in (1, 2, 3)] == [1, 0, 0]


def test_a_row_mended_in_the_source_comes_in_the_next_night(few: PlainSource) -> None:
    """Within the days that a pull reads again."""
    recorded = f"{NIGHT.replace(day=30, month=9)} 10:00:00"
    few.add("payment", payment_id="P1").add("payment", payment_id="P2", amount="ten", recorded_at=recorded)
    assert few.write().pull().rows_quarantined == 1
    few.rows["payment"][1]["amount"] = "10.00"
    receipt = few.write().pull(NIGHT.replace(day=2))
    assert (receipt.rows_quarantined, receipt.money_out) == (0, Decimal("10.00"))
    assert [row["payment_id"] for row in few.accepted("payment")] == ["P1", "P2"]
