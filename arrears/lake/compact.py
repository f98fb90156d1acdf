"""Compaction: a table's raw partitions of one month become one, and no result changes.

The order of steps makes a kill between any two of them harmless: the merged file is written aside, compared row by row with
what it is made of, and committed by its manifest, which holds the old manifests whole. From then on the lake reads the merged
file wherever an old one is named, and only then are the old ones taken away."""

import shutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.engine.duckdb import literal, one, parquet
from arrears.errors import BalanceError
from arrears.lake import partition
from arrears.lake.contract import Contract
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition


@dataclass(frozen=True, slots=True)
class Compacted:
    """One table's month: how many partitions became one, with how many rows, and what it takes before and after."""

    table: str
    month: str
    partitions: int
    rows: int
    bytes_before: int
    bytes_after: int


def compact(
    con: duckdb.DuckDBPyConnection,
    lake: Lake,
    contracts: list[Contract],
    before: str | None,
    progress: Callable[[str, float], None],
) -> list[Compacted]:
    """Merge what can be merged of the months before `before` (`2026-11`; None: all). LakeError or BalanceError: the month at
    fault stays as it was. Pulls wait meanwhile; nights that are being computed end before their files go."""
    done: list[Compacted] = []
    with partition.exclusive(lake.folder / "raw"):
        for number, contract in enumerate(contracts):
            progress(contract.table, number / len(contracts))
            _remove_merged(lake, contract.table)
            for month, found in months(lake, contract.table, before).items():
                done.append(_merge(con, lake, contract, month, found))
                _remove_merged(lake, contract.table)
    return done


def months(lake: Lake, table: str, before: str | None) -> dict[str, list[Partition]]:
    """What can be merged, by month. The month of the newest pull is never touched, since that pull may be refreshed; a
    night that was refreshed stays apart in all its versions, since earlier runs read the earlier one."""
    there = lake.raw(table)
    newest = str(there[-1].manifest["night"])[:7] if there else ""
    grouped: dict[str, list[Partition]] = defaultdict(list)
    for found in there:
        month = str(found.manifest["night"])[:7]
        is_single = "merged" not in found.manifest and len(list(found.folder.parent.glob("v=*/manifest.json"))) == 1
        is_merged = partition.read(_folder(lake, table, month)) is not None
        if is_single and month < min(newest, before or newest) and not is_merged:
            grouped[month].append(found)
    return {month: found for month, found in grouped.items() if len(found) > 1}


def _merge(
    con: duckdb.DuckDBPyConnection, lake: Lake, contract: Contract, month: str, old: list[Partition]
) -> Compacted:
    for found in old:
        found.verify()
    writer = partition.Writer(_folder(lake, contract.table, month))
    target = writer.path("data.parquet")
    source = parquet([path for found in old for path in found.files], by_name=True)
    columns = [row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    order = ", ".join(dict.fromkeys(["slot", contract.slot, *contract.key, "recorded_at", *columns]))
    con.execute(
        f"COPY (SELECT * FROM {source} ORDER BY {order}) TO {literal(target)} "
        "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440)"
    )
    rows = _compare(con, contract, old, source, target)
    writer.add("data.parquet", rows)
    money = sum((Decimal(found.manifest["money"]) for found in old), ZERO)
    counted = sorted({name for found in old for name in found.manifest if name.startswith("rows_")})
    merged = writer.commit(
        {
            "table": contract.table,
            "month": month,
            "night": old[-1].manifest["night"],
            "since": old[0].manifest["since"],
            "until": old[-1].manifest["until"],
            **{name: sum(found.manifest.get(name, 0) for found in old) for name in counted},
            "money": str(money),
            "merged": {str(found.folder.relative_to(lake.folder)): found.manifest for found in old},
        }
    )
    bytes_before = sum(entry["bytes"] for found in old for entry in found.manifest["files"])
    return Compacted(contract.table, month, len(old), rows, bytes_before, merged.manifest["files"][0]["bytes"])


def _compare(
    con: duckdb.DuckDBPyConnection, contract: Contract, old: list[Partition], source: str, target: Path
) -> int:
    """The number of rows, when the merged file holds the very rows of the old ones, as often as they did; BalanceError when
    it does not. Bucket by bucket, which bounds memory."""
    money = f"coalesce(sum(CAST({contract.money} AS DECIMAL(28, 2))), 0)" if contract.money else "0"
    rows, amount = one(con, f"SELECT count(*), {money} FROM {parquet([target])}")
    wanted_rows = sum(found.manifest["rows"] for found in old)
    wanted_amount = sum((Decimal(found.manifest["money"]) for found in old), ZERO) if contract.money else ZERO
    lost = 0
    for bucket in BUCKETS:
        within = f"WHERE slot BETWEEN '{bucket}0' AND '{bucket}f'"
        both = f"SELECT * FROM {source} {within} EXCEPT ALL SELECT * FROM {parquet([target])} {within}"
        lost += one(con, f"SELECT count(*) FROM ({both})")[0]
    if rows != wanted_rows or Decimal(amount) != wanted_amount or lost:
        raise BalanceError(
            f"{contract.table}: {target.parent.name} does not hold what it is made of: {rows} of {wanted_rows} rows, "
            f"{amount} of {wanted_amount}, {lost} rows differ; nothing was taken away"
        )
    return int(rows)


def _remove_merged(lake: Lake, table: str) -> None:
    """Take away what a committed month has taken the place of; the manifest first, since nothing exists without one."""
    old = [lake.folder / name for month in lake.compacted(table) for name in month.manifest["merged"]]
    if any(folder.parent.exists() for folder in old):
        with lake.removing():
            for folder in old:
                if folder.exists():
                    (folder / partition.MANIFEST).unlink(missing_ok=True)
                    shutil.rmtree(folder)
                if folder.parent.exists():
                    folder.parent.rmdir()


def _folder(lake: Lake, table: str, month: str) -> Path:
    return lake.folder / "raw" / table / f"month={month}"
