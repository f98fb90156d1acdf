"""In which district an account lies, as a stored night has it."""

from collections.abc import Collection

import pyarrow as pa

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake


def districts_of(lake: Lake, run: Run, accounts: Collection[str]) -> dict[str, str]:
    """Of those of these accounts that were open that night."""
    if not accounts:
        return {}
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        con.register("wanted", pa.table({"account_id": pa.array(sorted(set(accounts)), pa.string())}))
        found = con.execute("SELECT account_id, district FROM signals JOIN wanted USING (account_id)").fetchall()
    return {account_id: district for account_id, district in found if district}


def accounts_in(lake: Lake, run: Run, districts: Collection[str]) -> list[str]:
    """The accounts of these districts that were open that night, in order."""
    with engine.reading(lake.stage("signals", run).files, "signals") as con:
        found = con.execute(
            "SELECT account_id FROM signals WHERE district IN (SELECT unnest(CAST(? AS VARCHAR[]))) ORDER BY account_id",
            [sorted(districts)],
        ).fetchall()
    return [account_id for (account_id,) in found]
