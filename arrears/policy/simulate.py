"""What another policy would say of a stored night, beside the one in force: who moves from what to what, set-wise.

Features stand as they are stored, and so do scores, unless the other policy brings a scorecard of its own. Two cursors of one
database look at the same files, each with its own policy's tables; what they say is joined bucket by bucket."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from arrears.engine import duckdb as engine
from arrears.engine.duckdb import literal, parquet
from arrears.policy.axes import AXES, LEVEL, NO_LEVEL, TERM_COLUMNS, terms_of
from arrears.policy.decide import prepare, signals_sql, values_bound
from arrears.policy.rules import Policy
from arrears.scorecard.card import Card
from arrears.scorecard.sql import scoring_sql
from arrears.settings import Settings

GRADE = "grade"
SHOWN = (GRADE, LEVEL, *AXES)
"""What is compared: the grade after vetoes, the level, and every axis."""

PLACE = ("district", "voltage_class", "segment")
AMOUNTS = ("open_amount", "exposure_amount", "expected_loss_amount")

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Files:
    """A stored night's features and scores, by bucket."""

    features: Sequence[Path]
    scores: Sequence[Path]


@dataclass(frozen=True, slots=True)
class Total:
    """Accounts of a district and voltage class that stood at `before` on an axis and would stand at `after`."""

    axis: str
    before: str
    after: str
    district: str
    voltage_class: str
    accounts: int
    open_amount: Decimal
    exposure_amount: Decimal
    expected_loss_before: Decimal
    expected_loss_after: Decimal


@dataclass(frozen=True, slots=True)
class Why:
    """How many accounts a rule of the other policy moved, or gave other terms (`before` = `after`)."""

    axis: str
    before: str
    after: str
    rule: str
    accounts: int


@dataclass(frozen=True, slots=True)
class Move:
    """One account on one axis."""

    account_id: str
    customer_id: str
    district: str
    voltage_class: str
    segment: str
    axis: str
    before: str
    after: str
    rule_before: str
    rule_after: str
    terms_before: str
    terms_after: str
    open_amount: Decimal
    expected_loss_before: Decimal
    expected_loss_after: Decimal


class Compared:
    """Both policies' say on a night; see `compared`."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con

    def accounts(self) -> tuple[int, int]:
        """How many there are, and how many of them move on any axis."""
        moved = engine.one(self._con, "SELECT count(DISTINCT account_id) FROM move WHERE before <> after")[0]
        return int(engine.one(self._con, "SELECT coalesce(sum(accounts), 0) FROM total WHERE axis = 'level'")[0]), int(
            moved
        )

    def totals(self) -> list[Total]:
        """By axis, values, district and voltage class."""
        return [Total(*row) for row in self._con.execute(f"SELECT * FROM ({_TOTALS}) ORDER BY ALL").fetchall()]

    def whys(self) -> list[Why]:
        """By axis, the largest move first."""
        rows = self._con.execute(
            "SELECT axis, before, after, rule_after, count(*) AS accounts FROM move GROUP BY ALL "
            "ORDER BY axis, accounts DESC, before, after, rule_after"
        ).fetchall()
        return [Why(*row) for row in rows]

    def examples(self, most: int) -> list[Move]:
        """Every move of `most` accounts: of each kind of move the largest expected losses, kinds in turn."""
        rows = self._con.execute(
            """WITH ranked AS (
    SELECT account_id, greatest(expected_loss_before, expected_loss_after) AS loss,
        row_number() OVER (PARTITION BY axis, before, after ORDER BY greatest(expected_loss_before, expected_loss_after) DESC,
            account_id) AS place
    FROM move WHERE before <> after
),
chosen AS (
    SELECT account_id, min(place) AS place, max(loss) AS loss FROM ranked GROUP BY account_id
    ORDER BY place, loss DESC, account_id LIMIT $most
)
SELECT move.* FROM move JOIN chosen USING (account_id) ORDER BY chosen.loss DESC, account_id, axis""",
            {"most": most},
        ).fetchall()
        return [Move(*row) for row in rows]

    def write_moves(self, path: Path) -> int:
        """Every move as CSV, by account and axis; gives how many. No cell is a formula to a spreadsheet."""
        texts = {"account_id", "customer_id", *PLACE}
        columns = ", ".join(
            f"CASE WHEN regexp_matches({name}, '^[=+@\\t\\r-]') THEN '''' || {name} ELSE {name} END AS {name}"
            if name in texts
            else name
            for name in MOVE
        )
        aside = path.with_name(f".{path.name}.part")
        self._con.execute(
            f"COPY (SELECT {columns} FROM move ORDER BY account_id, axis) TO {literal(aside)} (FORMAT csv)"
        )
        aside.replace(path)
        return int(engine.one(self._con, "SELECT count(*) FROM move")[0])

    def write_totals(self, path: Path) -> None:
        """`totals` as CSV."""
        aside = path.with_name(f".{path.name}.part")
        self._con.execute(f"COPY (SELECT * FROM ({_TOTALS}) ORDER BY ALL) TO {literal(aside)} (FORMAT csv)")
        aside.replace(path)

    def warned(self) -> pa.Table:
        """Of every account: district, level and expected loss under both."""
        found: pa.Table = self._con.sql("FROM warned ORDER BY account_id").to_arrow_table()
        return found


@contextmanager
def compared(
    night: Files,
    before: Policy,
    after: Policy,
    settings: Settings,
    *,
    card: Card | None = None,
    progress: Progress = lambda _what, _share: None,
) -> Iterator[Compared]:
    """What both policies say of the night; `card` scores anew for the second."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        for table, columns in (("move", MOVE), ("total", TOTAL), ("warned", WARNED)):
            con.execute(f"CREATE TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        sides = [_Side(con.cursor(), "before", before, night, None), _Side(con.cursor(), "after", after, night, card)]
        together = engine.together(con, night.scores)
        for done in range(0, len(night.features), together):
            progress("both policies", done / len(night.features))
            some = slice(done, done + together)
            for side in sides:
                side.say(night.features[some], night.scores[some])
            for statement in _JOINED:
                con.execute(statement)
        yield Compared(con)
    finally:
        con.close()


class _Side:
    """One policy, on a cursor of its own: what it says of a bucket becomes the table `name` that all cursors see."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, name: str, policy: Policy, night: Files, card: Card | None
    ) -> None:
        self.con, self.name, self.policy, self.card = con, name, policy, card
        self._look(night.features, night.scores)
        prepare(con, policy)

    def say(self, features: Sequence[Path], scores: Sequence[Path]) -> None:
        self._look(features, scores)
        engine.execute(
            self.con,
            f"SELECT {', '.join(_COLUMNS)} FROM (\n{signals_sql(self.policy)}\n)",
            values_bound(self.policy),
            prefix=f"CREATE OR REPLACE TABLE {self.name} AS\n",
        )

    def _look(self, features: Sequence[Path], scores: Sequence[Path]) -> None:
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW features AS FROM {parquet(features)}")
        source = f"FROM {parquet(scores)}" if self.card is None else scoring_sql(self.card)
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW scores AS {source}")


_COLUMNS = (
    "account_id", "customer_id", *PLACE, *AMOUNTS, GRADE, "veto", f"coalesce({LEVEL}, '{NO_LEVEL}') AS {LEVEL}",
    f"coalesce({LEVEL}_rule, '') AS {LEVEL}_rule", *AXES, *(f"{axis}_rule" for axis in AXES), *TERM_COLUMNS,
)  # fmt: skip

MOVE = {
    **dict.fromkeys(
        ("account_id", "customer_id", *PLACE, "axis", "before", "after", "rule_before", "rule_after"), "VARCHAR"
    ),
    **dict.fromkeys(("terms_before", "terms_after"), "VARCHAR"),
    **dict.fromkeys(("open_amount", "expected_loss_before", "expected_loss_after"), "DECIMAL(18, 2)"),
}
WARNED = {
    **dict.fromkeys(("account_id", "district", "level_before", "level_after"), "VARCHAR"),
    **dict.fromkeys(("expected_loss_before", "expected_loss_after"), "DECIMAL(18, 2)"),
}
TOTAL = {
    **dict.fromkeys(("axis", "before", "after", "district", "voltage_class"), "VARCHAR"),
    "accounts": "BIGINT",
    **dict.fromkeys(
        ("open_amount", "exposure_amount", "expected_loss_before", "expected_loss_after"), "DECIMAL(38, 2)"
    ),
}
_TOTALS = (
    "SELECT axis, before, after, district, voltage_class, CAST(sum(accounts) AS BIGINT) AS accounts, "
    + ", ".join(f"CAST(sum({name}) AS DECIMAL(38, 2)) AS {name}" for name in list(TOTAL)[6:])
    + " FROM total GROUP BY ALL"
)


def _terms(axis: str, side: str) -> str:
    """The terms of what a side says on an axis, `name=value; name=value`."""
    branches = []
    for value in AXES.get(axis, ()):
        told = [
            f"'{column}=' || coalesce(CAST({side}.{column} AS VARCHAR), '-')"
            for column, _ in terms_of(axis, value).values()
        ]
        if told:
            branches.append(f"WHEN '{value}' THEN " + " || '; ' || ".join(told))
    return f"CASE {side}.{axis} {' '.join(branches)} ELSE '' END" if branches else "''"


def _rule(axis: str, side: str) -> str:
    return f"coalesce({side}.veto, '')" if axis == GRADE else f"{side}.{axis}_rule"


def _moves(axis: str) -> str:
    terms = [_terms(axis, side) for side in ("before", "after")]
    return f"""INSERT INTO move
SELECT * FROM (
    SELECT before.account_id, before.customer_id, {", ".join(f"before.{name}" for name in PLACE)}, '{axis}' AS axis,
        before.{axis} AS was, after.{axis} AS is_now, {_rule(axis, "before")}, {_rule(axis, "after")},
        {terms[0]} AS terms_before, {terms[1]} AS terms_after,
        before.open_amount, before.expected_loss_amount, after.expected_loss_amount
    FROM beside
) WHERE was <> is_now OR terms_before <> terms_after"""


def _counts(axis: str) -> str:
    return f"""INSERT INTO total
SELECT '{axis}', before.{axis}, after.{axis}, before.district, coalesce(before.voltage_class, ''), count(*),
    sum(before.open_amount), sum(before.exposure_amount), sum(before.expected_loss_amount), sum(after.expected_loss_amount)
FROM beside GROUP BY ALL"""


_JOINED = (
    "CREATE OR REPLACE TEMP TABLE beside AS "
    "SELECT before, after FROM before JOIN after ON before.account_id = after.account_id",
    *(_moves(axis) for axis in SHOWN),
    *(_counts(axis) for axis in SHOWN),
    "INSERT INTO warned SELECT before.account_id, before.district, before.level, after.level, before.expected_loss_amount, "
    "after.expected_loss_amount FROM beside",
)
