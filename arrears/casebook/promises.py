"""What was paid towards promises, as a night's run knows it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from arrears.domain.episode import Episode
from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.settings import Settings
from arrears.snapshot.features import named_files


def paid_by_promise(run: Run, episodes: Sequence[Episode], settings: Settings, lake: Lake) -> Mapping[str, Decimal]:
    """By promise of these episodes: the money that came from the day it was made to the day it is due. Only those that money
    came for."""
    promises = pa.Table.from_pylist(
        [
            {
                "promise_id": each.promise.promise_id,
                "account_id": each.account_id,
                "made_on": each.promise.made_on,
                "due_on": each.promise.due_on,
            }
            for each in episodes
            if each.promise
        ]
    )
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        with lake.reading():
            for contract, files in named_files(run, settings, lake):
                if contract.table == "payment":
                    gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
            con.register("promise", promises)
            sql = (settings.sql / "reports" / "promises_paid.sql").read_text(encoding="utf-8")
            return dict(engine.execute(con, sql).fetchall())
    finally:
        con.close()
