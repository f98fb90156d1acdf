"""What a stored night knows of one account, read for its page: from the night's `case_facts`, or, for an account that they do
not hold, worked out from all that was pulled."""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from arrears.domain.identity import slot
from arrears.domain.run import Run
from arrears.errors import LakeError
from arrears.lake import partition
from arrears.lake.lake import Lake
from arrears.review import case_facts
from arrears.review.judged import Judged, NightRules, night_rules
from arrears.settings import Settings

Row = Mapping[str, Any]
"""A row of `sql/reports/case_facts.sql`; a list that is missing there is an empty one."""

LISTS = (
    "linked", "stance", "bills", "payments", "adjustments", "disputes", "incidents", "holds", "protections", "securities",
    "arrangements",
)  # fmt: skip
KEPT = 256
"""Accounts of a night that are kept in memory, the latest looked at."""


@dataclass(frozen=True, slots=True)
class _Bucket:
    """A file that stays open, one reader at a time, and the last account of each of its row groups."""

    path: Path
    file: pq.ParquetFile
    last: tuple[str, ...]
    reading: threading.Lock = field(default_factory=threading.Lock)


class CaseNight:
    """One stored night. Several threads may read at once."""

    def __init__(self, run: Run, settings: Settings, lake: Lake) -> None:
        self.run, self.settings, self.lake = run, settings, lake
        self.rules: NightRules = night_rules(run, lake)
        self._buckets: dict[str, _Bucket] = {}
        self._rows: OrderedDict[str, Row | None] = OrderedDict()
        self._memory, self._working = threading.Lock(), threading.Lock()

    def open(self) -> None:
        """Every file, so that nobody's click waits for it."""
        for digit in "0123456789abcdef":
            self._bucket(digit)

    def row(self, account_id: str) -> Row | None:
        """None of an account that the night does not know."""
        with self._memory:
            if account_id in self._rows:
                self._rows.move_to_end(account_id)
                return self._rows[account_id]
        found = self._stored(account_id)
        if found is None and self._was_pulled(account_id):
            with self._working:  # one at a time: each takes all the threads that the engine has
                worked = case_facts.work_out(self.run, [account_id], self.settings, self.lake)
            found = _whole(worked[0]) if worked else None
        with self._memory:
            self._rows[account_id] = found
            if len(self._rows) > KEPT:
                self._rows.popitem(last=False)
        return found

    def _stored(self, account_id: str) -> Row | None:
        bucket = self._bucket(slot(account_id)[0])
        place = bisect_left(bucket.last, account_id) if bucket else 0
        if bucket is None or place == len(bucket.last):
            return None
        try:
            with bucket.reading:
                group = bucket.file.read_row_group(place, use_threads=False)
        except OSError as error:
            raise LakeError(f"{bucket.path} cannot be read ({error}); run the night's stage `decide` again") from error
        names = group["account_id"].to_pylist()
        if account_id not in names:
            return None
        return _whole(group.slice(names.index(account_id), 1).to_pylist()[0])

    def _was_pulled(self, account_id: str) -> bool:
        """Whether there ever was such an account: who guesses at ids has nothing worked out."""
        named = self.lake.stage("inputs", self.run).manifest["raw"].get("account", [])
        wanted = (pc.field("slot") == slot(account_id)) & (pc.field("account_id") == account_id)
        return any(
            pq.read_table(path, columns=["account_id"], filters=wanted, partitioning=None).num_rows
            for path in self.lake.raw_paths("account", named)
        )

    def _bucket(self, digit: str) -> _Bucket | None:
        """None while the night has kept nothing: one from before there was anything to keep, or one that still runs."""
        if digit not in self._buckets:
            found = partition.read(self.lake.stage_folder(case_facts.STAGE, self.run))
            if found is None:
                return None
            path = found.folder / f"bucket={digit}.parquet"
            file = pq.ParquetFile(path, memory_map=True, pre_buffer=False)
            footer = file.metadata
            column = next(
                place for place in range(footer.num_columns) if footer.schema.column(place).path == "account_id"
            )
            told = [footer.row_group(number).column(column).statistics for number in range(footer.num_row_groups)]
            self._buckets[digit] = _Bucket(path, file, tuple(str(each.max) for each in told if each))
        return self._buckets[digit]


@lru_cache(maxsize=3)
def case_night(run: Run, settings: Settings, lake: Lake) -> CaseNight:
    """One for all who look at the same night."""
    return CaseNight(run, settings, lake)


def judged_in(row: Row) -> Judged | None:
    """What the night made of the account; None of one that was not open then."""
    features, score, signal = row["features"], row["scores"], row["signals"]
    if not features or features["account_id"] is None:
        return None
    return Judged(features, score, signal, row["stance"])


def _whole(row: dict[str, Any]) -> Row:
    return {**row, **{name: row[name] or [] for name in LISTS}}
