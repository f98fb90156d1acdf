"""Every kind of bad row, each set aside by its own rule; and every rule explained to staff."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from arrears.lake.contract import TABLES
from arrears.lake.diagnose import LOOKS
from arrears.lake.rules import RuleWords, cross_rules, kind_of, load_words
from arrears.settings import ROOT
from tests.lake.pulls import Pulled, fetch, judge, pull, window
from tests.lake.raw_rows import CONTRACTS, Row
from tests.sources.plain_source import NIGHT, good

CHECKS = ROOT / "sql" / "checks"
WORDS = load_words(CHECKS)
SPAN = window(None, NIGHT)

FAULTS: list[tuple[str, Row, str]] = [
    ("customer", {"customer_id": None}, "customer_id.missing"),
    ("customer", {"name": "\u3000 "}, "name.missing"),
    ("customer", {"name": "nul\x00"}, "name.null_character"),
    ("customer", {"name": "\ufffd\ufffd\u660e"}, "name.encoding_lost"),
    ("customer", {"language": "fr"}, "language.unknown"),
    ("account", {"voltage_class": "400V"}, "voltage_class.unknown"),
    ("account", {"tariff": "Residential"}, "tariff.unknown"),
    ("account", {"contracted_capacity_kva": "8 kVA"}, "contracted_capacity_kva.not_a_number"),
    ("account", {"contracted_capacity_kva": "\uff18\uff0e\uff10"}, "contracted_capacity_kva.full_width_digits"),
    ("account", {"contracted_capacity_kva": "8,5"}, "contracted_capacity_kva.decimal_comma"),
    ("account", {"contracted_capacity_kva": "-8"}, "contracted_capacity_kva.negative"),
    ("account", {"opened_on": "1900-01-01"}, "opened_on.too_long_ago"),
    ("account", {"opened_on": "2999-01-01"}, "opened_on.too_far_ahead"),
    ("account", {"closed_on": "soon"}, "closed_on.not_a_date"),
    ("account", {"closed_on": "2019-12-31"}, "closed_on.before_opening"),
    ("account", {"guarantor_customer_id": "C1"}, "guarantor_customer_id.the_customer"),
    ("meter", {"register_digits": "2"}, "register_digits.out_of_range"),
    ("meter", {"removed_on": "2019-01-01"}, "removed_on.before_installation"),
    ("meter", {"account_id": "A9"}, "account_id.nobody"),
    ("meter", {"account_id": "aside"}, "account_id.waits"),
    ("reading", {"read_on": "2026-10-03"}, "read_on.in_the_future"),
    ("reading", {"energy_wh": "-1"}, "energy_wh.negative"),
    ("reading", {"energy_wh": "0.5"}, "energy_wh.not_whole"),
    ("reading", {"energy_wh": None}, "energy_wh.missing"),
    ("reading", {"quality": "missing"}, "energy_wh.present_though_missing"),
    ("reading", {"register_wh": "-1"}, "register_wh.negative"),
    ("profile", {"starts_at": "2026-08-31 23:30:00"}, "read_on.another_day"),
    ("profile", {"starts_at": "2026-09-01T00:30:00+09:00"}, "read_on.another_day"),
    ("profile", {"starts_at": "2026-09-01 00:37:00"}, "starts_at.off_the_grid"),
    ("profile", {"starts_at": "2026-09-01 00:30:17"}, "starts_at.off_the_grid"),
    ("profile", {"starts_at": "2026-09-01 00:30:00 CST"}, "starts_at.unknown_zone"),
    ("profile", {"interval_minutes": "45"}, "interval_minutes.unknown"),
    ("bill", {"amount": "one hundred"}, "amount.not_a_number"),
    ("bill", {"amount": "NaN"}, "amount.not_finite"),
    ("bill", {"amount": "-inf"}, "amount.not_finite"),
    ("bill", {"amount": "1,000.00"}, "amount.thousands_commas"),
    ("bill", {"amount": "100,5"}, "amount.decimal_comma"),
    ("bill", {"amount": "\uff11\uff10\uff10"}, "amount.full_width_digits"),
    ("bill", {"amount": "\uffe5100"}, "amount.currency_sign"),
    ("bill", {"amount": "2026-09-22"}, "amount.a_date_instead"),
    ("bill", {"amount": "99999999999999999"}, "amount.too_large"),
    ("bill", {"amount": "-0.01"}, "amount.negative"),
    ("bill", {"amount": "10.005"}, "amount.finer_than_a_cent"),
    ("bill", {"due_on": "100.00"}, "due_on.a_number_instead"),
    ("bill", {"due_on": "46287"}, "due_on.a_number_instead"),
    ("bill", {"due_on": "20260922"}, "due_on.without_dashes"),
    ("bill", {"due_on": "22.09.2026"}, "due_on.day_month_year"),
    ("bill", {"due_on": "2026-02-30"}, "due_on.no_such_day"),
    ("bill", {"due_on": "infinity"}, "due_on.too_far_ahead"),
    ("bill", {"due_on": "2036-10-03"}, "due_on.too_far_ahead"),
    ("bill", {"due_on": "2026-09-01"}, "due_on.before_issue"),
    ("bill", {"issued_on": "1926-09-02"}, "issued_on.too_long_ago"),
    ("bill", {"issued_on": "2026-10-03", "due_on": "2026-10-20"}, "issued_on.in_the_future"),
    ("bill", {"issued_on": "2019-12-31"}, "issued_on.before_the_account_opened"),
    ("bill", {"period_end_on": "2026-07-31"}, "period_end_on.before_start"),
    ("bill", {"peak_wh": "200001"}, "energy_wh.less_than_its_periods"),
    ("bill", {"status": "paid"}, "status.unknown"),
    ("bill", {"currency": "USD"}, "currency.another"),
    ("bill", {"account_id": "A9"}, "account_id.nobody"),
    ("bill", {"recorded_at": "last week"}, "recorded_at.not_an_instant"),
    ("bill", {"recorded_at": "2026-09-31 10:00:00"}, "recorded_at.no_such_moment"),
    ("bill", {"recorded_at": "2026-09-03 10:00:00 Asia/Peking"}, "recorded_at.unknown_zone"),
    ("bill", {"recorded_at": "3.9.2026 10:00"}, "recorded_at.day_month_year"),
    ("bill", {"recorded_at": "1788400800"}, "recorded_at.a_number_instead"),
    ("bill", {"recorded_at": "0026-09-02 10:00:00"}, "recorded_at.too_long_ago"),
    ("bill", {"recorded_at": "2026-10-02 00:00:00"}, "recorded_at.after_the_pull"),
    ("adjustment", {"kind": "opening_balance", "bill_id": "B1"}, "bill_id.of_an_opening_balance"),
    ("adjustment", {"amount": "0"}, "amount.not_positive"),
    ("adjustment", {"bill_id": "B404"}, "bill_id.no_such_bill"),
    ("adjustment", {"bill_id": "B1", "account_id": "A2"}, "bill_id.of_another_account"),
    ("payment", {"amount": "0"}, "amount.not_positive"),
    ("payment", {"paid_on": "2999-09-03"}, "paid_on.in_the_future"),
    ("payment", {"account_id": "A9"}, "account_id.nobody"),
    ("payment", {"payment_id": "X", "reverses_payment_id": "X"}, "reverses_payment_id.itself"),
    ("payment", {"reverses_payment_id": "P404"}, "reverses_payment_id.no_such_payment"),
    ("payment", {"reverses_payment_id": "P1", "account_id": "A2"}, "reverses_payment_id.of_another_account"),
    ("payment", {"reverses_payment_id": "undone"}, "reverses_payment_id.a_reversal"),
    ("payment", {"reverses_payment_id": "P1", "amount": "39.99"}, "amount.unlike_the_reversed_payment"),
    ("security", {"valid_until_on": "2026-08-31"}, "valid_until_on.before_start"),
    ("incident", {"kind": "noise"}, "kind.unknown"),
    ("incident", {"recovery_amount": "1.001"}, "recovery_amount.finer_than_a_cent"),
    ("dispute", {"closed_on": "2026-09-01"}, "closed_on.before_opening"),
    ("dispute", {"bill_id": "B404"}, "bill_id.no_such_bill"),
    ("dispute", {"account_id": "A2"}, "bill_id.of_another_account"),
    ("arrangement", {"due_on": "2026-09-02"}, "due_on.before_agreement"),
    ("hold", {"reason": "kindness"}, "reason.unknown"),
    ("hold", {"until_on": "2026-09-02"}, "until_on.before_start"),
    ("contact", {"address": None}, "address.missing"),
    ("contact", {"customer_id": "C9"}, "customer_id.nobody"),
    ("protection", {"kind": "rich"}, "kind.unknown"),
    ("external_record", {"ended_on": "2026-08-01"}, "ended_on.before_publication"),
]  # fmt: skip

NAMED_BY = dict.fromkeys(("meter", "reading", "profile"), "meter_id")
"""What tells rows apart where the first column of the key is the account."""

LAKE: dict[str, list[Row]] = {
    "customer": [{}],
    "account": [{}, {"account_id": "A2"}],
    "bill": [{}],
    "payment": [{}, {"payment_id": "undone", "reverses_payment_id": "P1"}],
}


def rows_of(table: str, faults: list[Row]) -> list[Row]:
    """Each fault in a row of its own key, and behind them a sound row."""
    key = NAMED_BY.get(table, CONTRACTS[table].key[0])
    return [*({**good(table), key: f"X{number}", **fault} for number, fault in enumerate(faults)), good(table)]


def run(
    con: duckdb.DuckDBPyConnection, known: Mapping[str, list[Pulled]], table: str, rows: list[Row]
) -> list[str | None]:
    """The rule that each row breaks."""
    fetch(con, rows)
    judge(con, CONTRACTS[table], SPAN, [], [], {}, known, {"account": ["aside"]})
    found = dict(con.execute("SELECT line_no, broken_rule FROM checked ORDER BY line_no").fetchall())
    return [found[number + 1] for number in range(len(rows))]


@pytest.fixture(scope="module")
def lake(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[duckdb.DuckDBPyConnection, dict[str, list[Pulled]]]]:
    folder = tmp_path_factory.mktemp("rules")
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET TimeZone = 'UTC'")
        known: dict[str, list[Pulled]] = {}
        for table, changes in LAKE.items():
            rows = [{**good(table), **change} for change in changes]
            known[table] = [pull(con, folder, table, rows, SPAN, known=known)]
            assert known[table][0].tally.rows_out == len(rows)
        yield con, known


@pytest.fixture(scope="module")
def broken(lake: tuple[duckdb.DuckDBPyConnection, dict[str, list[Pulled]]]) -> dict[str, list[str | None]]:
    """Of each table the rules that its faulty rows break, in the order of FAULTS, and the sound row's."""
    con, known = lake
    of_table: dict[str, list[Row]] = defaultdict(list)
    for table, fault, _ in FAULTS:
        of_table[table].append(fault)
    return {table: run(con, known, table, rows_of(table, of_table[table])) for table in TABLES}


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{table} {rule}" for table, _, rule in FAULTS])
def test_each_kind_of_bad_row_is_set_aside_by_its_rule(broken: dict[str, list[str | None]], number: int) -> None:
    table, _, rule = FAULTS[number]
    assert broken[table][[each[0] for each in FAULTS[:number]].count(table)] == rule


@pytest.mark.parametrize("table", TABLES)
def test_a_sound_row_breaks_no_rule(broken: dict[str, list[str | None]], table: str) -> None:
    assert broken[table][-1] is None


def test_one_id_with_two_contents_is_told(lake: tuple[duckdb.DuckDBPyConnection, dict[str, list[Pulled]]]) -> None:
    con, known = lake
    rows = [{**good("payment"), "payment_id": "P7", "amount": amount} for amount in ("1.00", "2.00", "1.00")]
    assert run(con, known, "payment", rows) == ["payment_id.twice_with_different_content"] * 3


def test_intervals_of_two_lengths_that_overlap(lake: tuple[duckdb.DuckDBPyConnection, dict[str, list[Pulled]]]) -> None:
    con, known = lake
    spans = [("00:00", "60"), ("00:30", "30"), ("01:00", "30"), ("01:30", "15")]
    rows = [
        {**good("profile"), "starts_at": f"2026-09-01 {begins}:00", "interval_minutes": length}
        for begins, length in spans
    ]
    assert run(con, known, "profile", rows) == [None, "starts_at.overlaps", None, None]


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("bill", {"due_on": "2036-09-30"}),
        ("bill", {"issued_on": "2026-10-02", "due_on": "2026-10-02"}),
        ("bill", {"issued_on": "2020-01-01"}),
        ("bill", {"currency": "CNY"}),
        ("bill", {"recorded_at": "2026-10-01 23:59:59"}),
        ("account", {"closed_on": "9999-12-31"}),
        ("account", {"opened_on": "1950-01-01"}),
        ("security", {"valid_until_on": "2099-12-31"}),
        ("payment", {"reverses_payment_id": "P1"}),
        ("payment", {"reverses_payment_id": "P1", "amount": "40.0"}),
        ("profile", {"starts_at": "2026-08-31T16:30:00Z"}),
        ("profile", {"starts_at": "2026-09-01 23:30:00"}),
        ("adjustment", {"bill_id": "B1"}),
    ],
)
def test_what_lies_just_within_a_rule_passes(
    lake: tuple[duckdb.DuckDBPyConnection, dict[str, list[Pulled]]], table: str, change: Row
) -> None:
    con, known = lake
    assert run(con, known, table, [{**good(table), NAMED_BY.get(table, CONTRACTS[table].key[0]): "X", **change}]) == [
        None
    ]


def row_kinds() -> set[str]:
    """Every kind that the contract, the checks and the code that applies them can give a row."""
    stated = {rule for table in TABLES for rule in re.findall(r"THEN '([a-z_]+\.[a-z_]+)'", CONTRACTS[table].sql)}
    across = {rule.name for table in TABLES for rule in cross_rules(CHECKS, table)}
    looks = {finer for finers in LOOKS.values() for finer, _ in finers}
    general = re.findall(r"\.([a-z_]{4,})[\"']", (ROOT / "arrears" / "lake" / "check.py").read_text(encoding="utf-8"))
    windows = {"too_far_ahead", "in_the_future", "twice_with_different_content"}
    return {*map(kind_of, stated | across), *looks, *general, *windows} - {"yaml"}


def file_kinds() -> set[str]:
    """Every rule that a SourceError names."""
    kinds = set()
    for path in (ROOT / "arrears").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(call, "func", None), "id", "")
            if isinstance(call, ast.Call) and name in ("SourceError", "SourceUnreachableError") and len(call.args) > 2:
                rule = call.args[2]
                kinds |= {rule.value} if isinstance(rule, ast.Constant) else set()
    return {str(kind) for kind in kinds}


def test_every_rule_is_explained_and_nothing_else_is() -> None:
    assert {kind for kind, words in WORDS.items() if words.of == "row"} == row_kinds()
    assert {kind for kind, words in WORDS.items() if words.of == "file"} == file_kinds()
    assert len(WORDS) >= 60


def test_every_kind_of_bad_row_has_a_case() -> None:
    tried = {kind_of(rule) for _, _, rule in FAULTS} | {"overlaps", "twice_with_different_content"}
    assert tried == {kind for kind, words in WORDS.items() if words.of == "row"}


@pytest.mark.parametrize("kind", [kind for kind, words in WORDS.items() if words.of == "file"])
def test_every_kind_of_bad_file_has_a_test(kind: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in Path(ROOT / "tests" / "sources").glob("*.py"))
    assert any(kind in text for text in texts), f"no test in tests/sources names {kind}"


def test_the_document_tells_every_rule_with_its_remedy() -> None:
    text = (ROOT / "docs" / "quarantine.md").read_text(encoding="utf-8")
    for words in WORDS.values():
        assert line_of(words) in text, f"docs/quarantine.md lacks this line:\n{line_of(words)}"


def line_of(words: RuleWords) -> str:
    cells = (
        f"`{words.kind}`",
        words.en,
        words.zh,
        words.remedy_en,
        words.remedy_zh,
        "yes" if words.is_waivable else "",
    )
    return "| " + " | ".join(cells) + " |"


def test_what_can_be_let_pass_can_be_read() -> None:
    assert {kind for kind, words in WORDS.items() if words.is_waivable} == {
        "too_long_ago", "in_the_future", "too_far_ahead", "before_the_account_opened", "nobody", "no_such_bill",
        "no_such_payment", "off_the_grid",
    }  # fmt: skip


def test_every_check_is_a_select_of_lines_with_its_rule_in_the_header() -> None:
    paths = [path for table in TABLES for path in (CHECKS / table).glob("*.sql")]
    assert len(paths) >= 12
    for path in paths:
        assert path.stem.split(".")[0] in CONTRACTS[path.parent.name].columns
        assert path.read_text(encoding="utf-8").startswith("-- rule:  ")
