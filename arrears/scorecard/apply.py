"""The scores stage: points, grade, probability and reasons for every account that has features."""

import json
from collections.abc import Callable

from arrears.domain.identity import BUCKETS
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake.buckets import passes, write
from arrears.lake.lake import Lake
from arrears.scorecard.card import Card
from arrears.scorecard.sql import scoring_sql
from arrears.settings import Settings


def run_scores(
    run: Run,
    settings: Settings,
    lake: Lake,
    card: Card,
    progress: Callable[[str, float], None],
    *,
    stage: str = "scores",
) -> Receipt:
    """Write `scores`, or a challenger's `stage`, one file for each bucket, with the card itself in the manifest."""
    features = lake.stage("features", run)
    writer = lake.writer(stage, run)
    sql = scoring_sql(card)
    rows = 0
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        parts = passes(features.manifest["rows"])
        for done, buckets in enumerate(parts):
            progress(f"scores, part {done + 1} of {len(parts)}", done / len(parts))
            files = [str(features.files[BUCKETS.index(bucket)]) for bucket in buckets]
            con.read_parquet(files, hive_partitioning=False).create_view("features", replace=True)
            con.execute(f"CREATE OR REPLACE TEMP TABLE scored AS {sql}")
            rows += write(con, "scored", writer, buckets)
    finally:
        con.close()
    if rows != features.manifest["rows"]:
        raise BalanceError(f"{run.source}: {features.manifest['rows']} accounts have features, {rows} have a score")
    receipt = Receipt("scores", run.run_key, rows_in=rows, rows_out=rows)
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), "card": json.loads(card.to_json())})
    return receipt
