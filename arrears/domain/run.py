"""What one run is: the two times it stands at, why it runs, and the versions it uses."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from arrears.domain.identity import digest


class RunKind(StrEnum):
    """`nightly` folds into live episodes; `backfill` into a shadow; `restate` knows more than its night did;
    `dry-run` leaves lake and casebook alone."""

    NIGHTLY = "nightly"
    BACKFILL = "backfill"
    RESTATE = "restate"
    DRY_RUN = "dry-run"


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """The UTC instant at which local `day` begins in `zone`; the first of the two where the clock repeats midnight."""
    return dt.datetime.combine(day, dt.time(), tzinfo=zone).astimezone(dt.UTC)


@dataclass(frozen=True, slots=True)
class Run:
    """Invariant: `known_at` is UTC, equal to as-of midnight for every kind but restate, and never before it."""

    source: str
    as_of: dt.date
    known_at: dt.datetime
    kind: RunKind
    code_version: str
    policy_version: str
    card_version: str

    def __post_init__(self) -> None:
        if self.known_at.tzinfo is None:
            raise ValueError("known_at needs a zone")

    @property
    def run_key(self) -> str:
        """32 hex digits, a function of the fields above and nothing else."""
        return digest(
            self.source,
            self.as_of.isoformat(),
            self.known_at.astimezone(dt.UTC).isoformat(),
            self.kind.value,
            self.code_version,
            self.policy_version,
            self.card_version,
        )

    def to_json(self) -> dict[str, str]:
        """The run as plain text values: the only thing that travels between tasks."""
        return {
            "source": self.source,
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at.astimezone(dt.UTC).isoformat(),
            "kind": self.kind.value,
            "code_version": self.code_version,
            "policy_version": self.policy_version,
            "card_version": self.card_version,
        }

    @classmethod
    def from_json(cls, values: dict[str, str]) -> "Run":
        """The inverse of `to_json`."""
        return cls(
            source=values["source"],
            as_of=dt.date.fromisoformat(values["as_of"]),
            known_at=dt.datetime.fromisoformat(values["known_at"]),
            kind=RunKind(values["kind"]),
            code_version=values["code_version"],
            policy_version=values["policy_version"],
            card_version=values["card_version"],
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a stage read and wrote. Rows and money balance: in + released = out + quarantined + repeated (known already);
    released were set aside on an earlier night and passed now. Deleted are rows that the source no longer has; they are in
    none of those. Suspense is money in quarantine that names no known account, after the stage."""

    stage: str
    run_key: str
    rows_in: int
    rows_out: int
    rows_quarantined: int = 0
    rows_repeated: int = 0
    rows_released: int = 0
    rows_deleted: int = 0
    money_in: Decimal = Decimal("0.00")
    money_out: Decimal = Decimal("0.00")
    money_quarantined: Decimal = Decimal("0.00")
    money_repeated: Decimal = Decimal("0.00")
    money_released: Decimal = Decimal("0.00")
    money_deleted: Decimal = Decimal("0.00")
    money_in_suspense: Decimal = Decimal("0.00")
    remarks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values; money as text, so that no reader turns it into a float."""
        return {
            "stage": self.stage,
            "run_key": self.run_key,
            "rows_in": self.rows_in,
            "rows_out": self.rows_out,
            "rows_quarantined": self.rows_quarantined,
            "rows_repeated": self.rows_repeated,
            "rows_released": self.rows_released,
            "rows_deleted": self.rows_deleted,
            "money_in": str(self.money_in),
            "money_out": str(self.money_out),
            "money_quarantined": str(self.money_quarantined),
            "money_repeated": str(self.money_repeated),
            "money_released": str(self.money_released),
            "money_deleted": str(self.money_deleted),
            "money_in_suspense": str(self.money_in_suspense),
            "remarks": list(self.remarks),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Receipt":
        """The inverse of `to_json`."""
        money = {name: Decimal(value) for name, value in values.items() if name.startswith("money_")}
        return cls(**{**values, **money, "remarks": tuple(values["remarks"])})
