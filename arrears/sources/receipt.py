"""What a night's pull brought, added up from the manifests of its tables: the same in however many tries it came."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition
from arrears.lake.tally import Tally

COUNTED = {field.name for field in fields(Tally)} & {field.name for field in fields(Receipt)} - {"remarks"}


def manifests(partitions: Iterable[Partition]) -> list[Mapping[str, Any]]:
    """One for each pull, oldest first; a month that was compacted holds those of its nights."""
    return [each for found in partitions for each in found.manifest.get("merged", {"": found.manifest}).values()]


def of_night(lake: Lake, tables: Iterable[str], run: Run) -> Receipt:
    """What the pull with the run's cut-off brought, also of tables that an earlier try had committed when it died."""
    until = run.known_at.isoformat()
    return add_up(run, [each for table in tables for each in manifests(lake.raw(table)) if each["until"] == until])


def add_up(run: Run, found: list[Mapping[str, Any]]) -> Receipt:
    """One receipt of several manifests."""
    total: dict[str, Any] = {}
    for name in COUNTED:
        is_money = name.startswith("money_")
        total[name] = (
            sum((Decimal(each[name]) for each in found), ZERO) if is_money else sum(each[name] for each in found)
        )
    remarks = tuple(said for each in found for said in each["remarks"])
    return Receipt(stage="pull", run_key=run.run_key, remarks=remarks, **total)
