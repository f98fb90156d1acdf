"""The visits of a night: whom to see in each district, no more than it can work in a day, in the order of the road."""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake import gate
from arrears.lake.lake import Lake
from arrears.policy.files import Capacity
from arrears.settings import Settings
from arrears.snapshot.catalogue import load_catalogue
from arrears.snapshot.features import named_files

PLACES = ("account", "premise", "customer")
"""The tables that say where somebody lives and who it is."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One account to be seen. `overdue_amount` is what is asked for: bills in dispute are not in it. `protections` are
    names of features."""

    district: str
    stop: int
    postcode: str | None
    address: str | None
    account_id: str
    customer_name: str | None
    overdue_amount: Decimal
    oldest_days_past_due: int
    open_amount: Decimal
    disputed_amount: Decimal
    by_on: dt.date
    rule: str
    protections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Visits:
    """The stops of each district, and how many more wait behind what it can work in a day."""

    stops: list[Visit]
    waiting: dict[str, int] = field(default_factory=dict)


def visits(lake: Lake, run: Run, settings: Settings, capacity: Capacity, *, district: str | None = None) -> Visits:
    """Who is chosen: the most urgent first, then the largest expected loss. How the chosen are ordered: by postcode, then by
    address, whose numbers count as numbers (No. 9 before No. 10); who has none comes last."""
    found, waiting, protections = [], {}, _protections(settings)
    for name, group in groupby(_rows(lake, run, settings, district), key=lambda row: row["district"]):
        rows = list(group)
        most = capacity.by_district.get(name, capacity.cases_per_district_day)
        chosen = sorted(rows[:most], key=lambda row: (route(row["postcode"]), route(row["address"]), row["account_id"]))
        found += [_visit(row, stop, run, protections) for stop, row in enumerate(chosen, 1)]
        if len(rows) > most:
            waiting[name] = len(rows) - most
    return Visits(found, waiting)


def route(text: str | None) -> tuple[bool, tuple[tuple[str, int], ...]]:
    """A sort key: the words and numbers of an address in turn; what is missing comes last."""
    plain = unicodedata.normalize("NFKC", text or "").strip().casefold()
    parts = re.findall(r"([^0-9]*)([0-9]*)", plain)
    return not plain, tuple((word.strip(), int(number or -1)) for word, number in parts if word or number)


def _rows(lake: Lake, run: Run, settings: Settings, district: str | None) -> list[dict[str, Any]]:
    """By district, the most urgent first."""
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        for contract, files in named_files(run, settings, lake):
            if contract.table in PLACES:
                gate.open_gate(con, contract, files, as_of=run.as_of, known_at=run.known_at)
        for stage in ("signals", "features"):
            paths = [str(path) for path in lake.stage(stage, run).files]
            con.read_parquet(paths, hive_partitioning=False).create_view(stage)
        found = con.sql(
            f"""SELECT signals.district, premise_known.postcode, premise_known.address, signals.account_id,
    customer_known.name AS customer_name, signals.overdue_amount, signals.oldest_days_past_due, signals.open_amount,
    features.disputed_amount, signals.visit_within_days, signals.treatment_rule,
    {", ".join(f"features.{name}" for name in _protections(settings))}
FROM signals
JOIN features ON features.account_id = signals.account_id
JOIN account_known ON account_known.account_id = signals.account_id
LEFT JOIN premise_known ON premise_known.premise_id = account_known.premise_id
LEFT JOIN customer_known ON customer_known.customer_id = signals.customer_id
WHERE signals.treatment = 'field_visit' AND (CAST($district AS VARCHAR) IS NULL OR signals.district = $district)
ORDER BY signals.district, signals.visit_within_days, signals.expected_loss_amount DESC, signals.account_id""",
            params={"district": district},
        )
        rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    finally:
        con.close()
    return rows


def _protections(settings: Settings) -> list[str]:
    """Each by its own name; `is_protected` says only that there is one."""
    features = load_catalogue(settings.sql).features.values()
    return [each.name for each in features if each.protects and each.name != "is_protected"]


def _visit(row: dict[str, Any], stop: int, run: Run, protections: Sequence[str]) -> Visit:
    return Visit(
        district=row["district"],
        stop=stop,
        postcode=row["postcode"],
        address=row["address"],
        account_id=row["account_id"],
        customer_name=row["customer_name"],
        overdue_amount=row["overdue_amount"],
        oldest_days_past_due=row["oldest_days_past_due"],
        open_amount=row["open_amount"],
        disputed_amount=row["disputed_amount"],
        by_on=run.as_of + dt.timedelta(days=row["visit_within_days"]),
        rule=row["treatment_rule"],
        protections=tuple(name for name in protections if row[name]),
    )
