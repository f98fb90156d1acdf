"""The state of a city's deployment, for benches of the review app: a small demo night, and its accounts many times over, in the
lake's case facts and in the casebook."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from arrears.casebook import read
from arrears.casebook.schema import open_casebook
from arrears.casebook.server import casebook_url
from arrears.casebook.tables import LIVE
from arrears.domain.identity import BUCKETS, slot
from arrears.domain.run import Run
from arrears.lake import partition
from arrears.lake.lake import Lake
from arrears.lake.partition import Writer
from arrears.review import case_facts
from arrears.settings import ROOT, Settings
from bench.web_casebook import AS_OF, fill_beside, made

SOURCE = "demo"
ACCOUNTS = 2_000
"""Of the demo utility; what its night knows of those that it warns of is handed round among the made-up accounts."""
DONE = "filled.json"


def environment(state: Path) -> dict[str, str]:
    """For processes of this deployment; people work there on the day of its night."""
    own = {"STATE": str(state), "SOURCE": SOURCE, "DEMO_ACCOUNTS": str(ACCOUNTS), "BUSINESS_DAY": "night"}
    return {**os.environ, **{f"ARREARS_{name}": value for name, value in own.items()}}


def prepare(state: Path, cases: int, events: int) -> str:
    """Fill it unless it is filled; what lies in it, in a sentence."""
    done = state / DONE
    if not done.exists():
        began = dt.datetime.now(dt.UTC)
        for command in (["simulate"], ["run", "--as-of", str(AS_OF)]):
            subprocess.run([sys.executable, "-m", "arrears", *command], env=environment(state), cwd=ROOT, check=True)
        with casebook_url(Settings(state=state)) as url:
            engine = open_casebook(url, SOURCE)
            with engine.connect() as connection:
                run = read.nights(connection, LIVE)[-1].run
            _multiply(run, Lake(state / "lake" / SOURCE, state / "dry-run" / SOURCE), cases)
            fill_beside(engine, run, cases, events)
            engine.dispose()
        took = dt.datetime.now(dt.UTC) - began
        done.write_text(json.dumps({"cases": cases, "events": events, "seconds": round(took.total_seconds())}))
    found = json.loads(done.read_text())
    return f"{found['cases']:,} open cases, {found['events']:,} events; filled in {found['seconds']} s."


def _multiply(run: Run, lake: Lake, cases: int) -> None:
    """In place of what the night kept for pages: the same of its warned accounts in turn, named as the made-up ones."""
    folder = lake.stage_folder(case_facts.STAGE, run)
    kept = partition.read(folder)
    if kept is None:
        raise SystemExit(f"{folder} is missing: the night kept nothing for pages")
    whole = pa.concat_tables([pq.read_table(path, partitioning=None) for path in kept.files])
    is_open = [row is not None and row["account_id"] is not None for row in whole["features"].to_pylist()]
    known = whole.filter(pa.array(is_open))
    names = [each[:4] for each in made(cases)]
    writer = Writer(folder, again=True)
    for bucket in BUCKETS:
        numbers = [number for number in range(cases) if slot(names[number][0])[0] == bucket]
        rows = known.take(pa.array([number % known.num_rows for number in numbers]))
        for place, column in enumerate(("account_id", "customer_name", "address", "district")):
            values = pa.array([names[number][place] for number in numbers], pa.string())
            rows = rows.set_column(rows.schema.get_field_index(column), column, values)
        name = f"bucket={bucket}.parquet"
        case_facts.write_bucket(rows, writer.path(name))
        writer.add(name, rows.num_rows)
    writer.commit({key: value for key, value in kept.manifest.items() if key not in ("rows", "files")})
