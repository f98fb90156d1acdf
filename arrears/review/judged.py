"""What a stored night knows, scored and decided of one account, and the rules that it was decided by."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from arrears.domain.identity import slot
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.engine.duckdb import parquet
from arrears.errors import UsageError
from arrears.lake.lake import Lake
from arrears.policy.looked_at import of_night
from arrears.scorecard.card import Card, from_json

STAGES = ("features", "scores", "signals")
"""Later ones go before earlier ones where both have a column: the grade is that after vetoes."""


@dataclass(frozen=True, slots=True)
class NightRules:
    """What a night kept of its policy: `reasons` by what and name in zh and en, `looked_at` by axis and rule, and the lines of
    the stance (id, points, when)."""

    run: Run
    card: Card
    reasons: Mapping[str, Mapping[str, Mapping[str, str]]]
    looked_at: Mapping[str, Mapping[str, Sequence[str]]]
    stance: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Judged:
    """The account's row of each stage, and the ids of the lines of the stance that match."""

    features: dict[str, Any]
    score: dict[str, Any]
    signal: dict[str, Any]
    stance: Collection[str]


def night_rules(run: Run, lake: Lake) -> NightRules:
    """LakeError of a night that is not there, or kept too little."""
    signals, scores = lake.stage("signals", run), lake.stage("scores", run)
    return NightRules(
        run,
        from_json(json.dumps(scores.manifest["card"])),
        signals.manifest["reasons"],
        of_night(signals, run),
        signals.manifest["stance"],
    )


def judged(account_id: str, rules: NightRules, lake: Lake) -> Judged:
    """UsageError when the account was not open then."""
    run, bucket = rules.run, int(slot(account_id)[0], 16)
    files = {name: lake.stage(name, run).files[bucket] for name in STAGES}
    with engine.reading([files["signals"]], "signals") as con:
        for name in ("features", "scores"):
            con.execute(f"CREATE VIEW {name} AS FROM {parquet([files[name]])}")
        features, score, signal = (_row(con, name, account_id, run) for name in STAGES)
        sql = f"SELECT matched FROM ({stance_sql(con, rules)}) WHERE account_id = ?"
        ((matched,),) = con.execute(sql, [account_id]).fetchall()
    return Judged(features, score, signal, matched)


def stance_sql(con: duckdb.DuckDBPyConnection, rules: NightRules) -> str:
    """Of every account of the views `features`, `scores` and `signals` the lines of the stance that match it (`matched`)."""
    placed = {str(row[0]): name for name in STAGES for row in con.execute(f"DESCRIBE {name}").fetchall()}
    columns = ", ".join(f"{name}.{column}" for column, name in placed.items())
    lines = ", ".join(f"CASE WHEN {line['when']} THEN {engine.literal(line['id'])} END" for line in rules.stance)
    return f"""SELECT account_id, list_filter(CAST([{lines}] AS VARCHAR[]), LAMBDA line: line IS NOT NULL) AS matched
FROM (SELECT {columns} FROM features JOIN scores USING (account_id) JOIN signals USING (account_id))"""


def _row(con: duckdb.DuckDBPyConnection, stage: str, account_id: str, run: Run) -> dict[str, Any]:
    found = con.execute(f"SELECT * FROM {stage} WHERE account_id = ?", [account_id])
    names = [column[0] for column in found.description or []]
    rows = found.fetchall()
    if not rows:
        raise UsageError(f"{run.source}: no open account {account_id} as of {run.as_of}")
    return dict(zip(names, rows[0], strict=True))
