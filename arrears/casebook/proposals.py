"""What a night proposes and had not proposed before, as rows of the casebook's table `decision`.

Only changes are rows: an account without a row on an axis stands at the axis's calm value, or at what is in force for it. A
proposal has changed when its value or the rule that gave it has; its terms are those of the night on which it was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from arrears.domain.decision import hurts
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.engine.duckdb import literal, parquet
from arrears.lake.lake import Lake
from arrears.policy.axes import AXES, LEVEL, NO_LEVEL, terms_of
from arrears.policy.check import HELD_OUT, IN_COLLECTION
from arrears.policy.looked_at import of_night

CALM = {LEVEL: NO_LEVEL, **{axis: values[0] for axis, values in AXES.items()}}
"""Every axis in order, with the value at which an account stands that nothing was ever proposed for."""

OUTSIDE_RULES = ("is_in_collection", "is_held_out")
"""What a decision looked at that was given by none of the policy's rules."""

IN_FORCE = {"payment_mode": "coalesce(features.payment_mode_in_force, 'postpay')"}
"""By axis what is in force already, as SQL: to go on with it is calm as well."""

COPIED = "FORMAT csv, HEADER false"

ROW = {
    **dict.fromkeys(("timeline", "account_id", "axis"), "VARCHAR"),
    "as_of": "DATE",
    **dict.fromkeys(
        ("decision_id", "value", "terms", "rule", "policy_version", "card_version", "looked_at"), "VARCHAR"
    ),
    "is_held_out": "BOOLEAN",
    "run_key": "VARCHAR",
}
"""The columns of `decision`, in order."""

_NO_RULE = f"CASE WHEN is_in_collection THEN '{IN_COLLECTION}' ELSE 'no-warning' END"
"""A level without a warning names no rule."""


@dataclass(frozen=True, slots=True)
class Night:
    """A stored night: files by bucket, and the columns that each rule looked at, by axis and rule."""

    run: Run
    features: Sequence[Path]
    scores: Sequence[Path]
    signals: Sequence[Path]
    looked_at: Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Count:
    """How many accounts an axis moved to a value."""

    axis: str
    value: str
    accounts: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A night's rows in a CSV file, in the order of the table's columns; `proposals` counts all that were compared."""

    file: Path
    proposals: int
    counts: tuple[Count, ...]

    @property
    def rows(self) -> int:
        return sum(count.accounts for count in self.counts)

    @property
    def waiting(self) -> int:
        """Those that a person must confirm."""
        return sum(count.accounts for count in self.counts if hurts(count.axis, count.value))


def stored_night(run: Run, lake: Lake) -> Night:
    """What the lake keeps of it; LakeError when it is not there."""
    signals = lake.stage("signals", run)
    features, scores = lake.stage("features", run).files, lake.stage("scores", run).files
    return Night(run, features, scores, signals.files, of_night(signals, run))


class Proposals:
    """Compares nights, one after another, with what stands: `standing` is a CSV file of account, axis, value and rule."""

    def __init__(self, con: duckdb.DuckDBPyConnection, standing: Path) -> None:
        self.con = con
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in ("account_id", "axis", "value", "rule"))
        con.execute(
            f"CREATE TABLE standing AS FROM read_csv({literal(standing)}, header = false, auto_detect = false, "
            f"delim = ',', quote = '\"', escape = '\"', columns = {{{columns}}})"
        )

    def changed(self, night: Night, timeline: str, file: Path) -> Changed:
        """Write what `night` proposes anew; it stands for the nights after it."""
        con, run = self.con, night.run
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE recorded ({', '.join(f'{name} {kind}' for name, kind in ROW.items())})"
        )
        given = {
            "timeline": timeline,
            "as_of": run.as_of,
            "policy_version": run.policy_version,
            "card_version": run.card_version,
            "run_key": run.run_key,
        }
        proposals = 0
        together = engine.together(con, night.signals)
        for done in range(0, len(night.signals), together):
            for name, paths in (("features", night.features), ("scores", night.scores), ("signals", night.signals)):
                con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {parquet(paths[done : done + together])}")
            proposals += int(engine.one(con, "SELECT count(*) FROM signals")[0]) * len(CALM)
            con.execute(_moved())
            columns = _columns(con)
            for axis, rules in night.looked_at.items():
                engine.execute(con, _recorded(axis, rules, columns), given, prefix="INSERT INTO recorded\n")
        con.execute(f"COPY (FROM recorded ORDER BY account_id, axis) TO {literal(file)} ({COPIED})")
        counted = con.execute("SELECT axis, value, count(*) FROM recorded GROUP BY ALL ORDER BY axis, value").fetchall()
        con.execute(
            "DELETE FROM standing USING recorded "
            "WHERE standing.account_id = recorded.account_id AND standing.axis = recorded.axis"
        )
        con.execute("INSERT INTO standing SELECT account_id, axis, value, rule FROM recorded")
        return Changed(file, proposals, tuple(Count(*row) for row in counted))


def _moved() -> str:
    """The accounts and axes of a bucket on which something else is proposed than what stands."""
    proposed = "\nUNION ALL\n".join(
        f"SELECT account_id, '{axis}' AS axis, coalesce({axis}, '{calm}') AS value, "  # noqa: S608 - names of our own
        f"coalesce({axis}_rule, {_NO_RULE}) AS rule, {IN_FORCE.get(axis, literal(calm))} AS calm "
        f"FROM signals{' JOIN features USING (account_id)' if axis in IN_FORCE else ''}"
        for axis, calm in CALM.items()
    )
    return f"""CREATE OR REPLACE TEMP TABLE moved AS
SELECT proposed.account_id, proposed.axis, proposed.value, proposed.rule
FROM ({proposed}) AS proposed
LEFT JOIN standing ON standing.account_id = proposed.account_id AND standing.axis = proposed.axis
WHERE CASE
    WHEN standing.account_id IS NULL THEN proposed.value <> proposed.calm OR proposed.rule = '{HELD_OUT}'
    WHEN proposed.value <> proposed.calm OR proposed.rule = '{HELD_OUT}'
        THEN proposed.value <> standing.value OR proposed.rule <> standing.rule
    ELSE proposed.value <> standing.value OR standing.rule = '{HELD_OUT}'
END"""  # noqa: S608


def _recorded(axis: str, rules: Mapping[str, Sequence[str]], columns: Mapping[str, str]) -> str:
    looked = " ".join(f"WHEN {literal(rule)} THEN {_json(names, columns)}" for rule, names in rules.items())
    terms = " ".join(
        f"WHEN {literal(value)} THEN {_json([column for column, _ in found.values()], columns, as_text=True)}"
        for value in (*AXES.get(axis, ()),)
        if (found := terms_of(axis, value))
    )
    named = " || ".join(map(_prefixed, ("moved.account_id", "moved.axis", "CAST(CAST(:as_of AS DATE) AS VARCHAR)")))
    return f"""SELECT :timeline, moved.account_id, moved.axis, CAST(:as_of AS DATE), left(sha256({named}), 32),
    moved.value, {f"CASE moved.value {terms} ELSE '{{}}' END" if terms else "'{}'"}, moved.rule,
    :policy_version, :card_version,
    CASE moved.rule {looked} ELSE {_json(OUTSIDE_RULES, columns)} END, signals.is_held_out, :run_key
FROM moved
JOIN signals ON signals.account_id = moved.account_id
JOIN scores ON scores.account_id = moved.account_id
JOIN features ON features.account_id = moved.account_id
WHERE moved.axis = {literal(axis)}"""  # noqa: S608 - names and ids of our own


def _json(names: Sequence[str], columns: Mapping[str, str], *, as_text: bool = False) -> str:
    """An object of these columns; amounts as text, so that no reader makes floats of them."""
    pairs = [f"{literal(name)}: {_value(name, columns[name], as_text=as_text)}" for name in names if name in columns]
    return f"CAST(to_json({{{', '.join(pairs)}}}) AS VARCHAR)" if pairs else "'{}'"


def _value(name: str, placed: str, *, as_text: bool) -> str:
    table, kind = placed.split(" ", 1)
    column = f"{table}.{name}"
    return f"CAST({column} AS VARCHAR)" if as_text or kind.startswith("DECIMAL") else column


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Where each name stands, and its type: what the policy decided goes before the score, the score before the facts."""
    found: dict[str, str] = {}
    for table in ("features", "scores", "signals"):
        found |= {str(row[0]): f"{table} {row[1]}" for row in con.execute(f"DESCRIBE {table}").fetchall()}
    return found


def _prefixed(text: str) -> str:
    """As `identity.digest` takes a field: its length in bytes, a colon, itself."""
    return f"(CAST(octet_length(encode({text})) AS VARCHAR) || ':' || {text})"
