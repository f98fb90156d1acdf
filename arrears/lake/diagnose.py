"""What cannot be read, told more exactly than "not a number": by the look of the text, so that its remedy can be named."""

import duckdb

from arrears.lake.contract import Contract

_FULL_WIDTH = ("full_width_digits", "[\uff10-\uff19]")
_NUMBER = r"^[+-]?\d+(\.\d+)?$"

LOOKS: dict[str, tuple[tuple[str, str], ...]] = {
    "not_a_number": (
        ("not_finite", r"^(?i)[+-]?(nan|inf|infinity)$"),
        _FULL_WIDTH,
        ("thousands_commas", r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"),
        ("decimal_comma", r"^[+-]?\d+,\d+$"),
        ("currency_sign", "[¥\uffe5$€£元]|CNY|RMB|USD|EUR|GBP"),
        ("a_date_instead", r"^\d{4}-\d\d-\d\d"),
    ),
    "not_a_date": (
        _FULL_WIDTH,
        ("without_dashes", r"^(19|20)\d{6}$"),
        ("a_number_instead", _NUMBER),
        ("day_month_year", r"^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"),
        ("no_such_day", r"^\d{4}-\d\d-\d\d"),
    ),
    "not_an_instant": (
        _FULL_WIDTH,
        ("without_dashes", r"^(19|20)\d{6}(T?\d{4,6}Z?)?$"),
        ("a_number_instead", _NUMBER),
        ("day_month_year", r"^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}"),
        ("unknown_zone", r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*\d *[A-Za-z][A-Za-z/_]*$"),
        ("no_such_moment", r"^\d{4}-\d\d-\d\d"),
    ),
}
"""Of a rule that a text broke because it could not be read: finer rules, each with what its text looks like."""


def diagnose(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Give the rows in `checked` whose value could not be read the finer rule that their text in `fetched` or `waiting`
    looks like."""
    there = {row[0] for row in con.execute("DESCRIBE fetched").fetchall()}
    for (rule,) in con.execute("SELECT DISTINCT broken_rule FROM checked WHERE broken_rule IS NOT NULL").fetchall():
        column, _, kind = rule.partition(".")
        if kind not in LOOKS or column not in contract.columns:
            continue
        texts = f"SELECT line_no, {column} AS text FROM waiting"
        if column in there:
            texts += f" UNION ALL SELECT line_no, CAST({column} AS VARCHAR) FROM fetched"
        looks = " ".join(f"WHEN regexp_matches(text, '{look}') THEN '{column}.{finer}'" for finer, look in LOOKS[kind])
        con.execute(
            f"""UPDATE checked SET broken_rule = found.rule
FROM (SELECT line_no, CASE {looks} END AS rule FROM (SELECT line_no, trim(text) AS text FROM ({texts}))) AS found
WHERE checked.line_no = found.line_no AND checked.broken_rule = ? AND found.rule IS NOT NULL""",
            [rule],
        )
