"""What a simulated policy would change, added up: by axis and value, by place, in staff hours and money."""

import csv
import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from arrears.domain.decision import hurts
from arrears.domain.money import CENT, ZERO
from arrears.domain.spreadsheet import harmless
from arrears.policy.axes import AXES, LEVEL, NO_LEVEL
from arrears.policy.simulate import Move, Total, Why

TREATMENT = "treatment"
HEADINGS = (
    "axis", "before", "after", "district", "voltage_class", "accounts", "open_amount", "exposure_amount",
    "expected_loss_before", "expected_loss_after", "hours_before", "hours_after",
)  # fmt: skip

Hours = Mapping[str, Decimal]
"""Of staff, that one case of a treatment takes."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A figure under the policy in force, and under the simulated one."""

    before: Decimal = ZERO
    after: Decimal = ZERO

    def plus(self, before: Decimal | int, after: Decimal | int) -> "Pair":
        return Pair(self.before + before, self.after + after)

    @property
    def change(self) -> Decimal:
        return self.after - self.before


@dataclass(slots=True)
class Figures:
    """Of a value of an axis, a district, a voltage class, or all. `hurting`: proposals that a person must confirm."""

    accounts: Pair = field(default_factory=Pair)
    open_amount: Pair = field(default_factory=Pair)
    expected_loss: Pair = field(default_factory=Pair)
    hours: Pair = field(default_factory=Pair)
    warned: Pair = field(default_factory=Pair)
    warned_loss: Pair = field(default_factory=Pair)
    cases: Pair = field(default_factory=Pair)
    hurting: Pair = field(default_factory=Pair)
    moved: int = 0


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a policy's warnings of a night, or of several. `worked` are those that staff can work: of each district
    the largest expected losses. Money is what the accounts came to owe; `lead_days` are summed over worked warnings that
    came true."""

    warned: int
    warned_arrears: int
    warned_money: Decimal
    arrears: int
    arrears_money: Decimal
    worked: int
    worked_arrears: int
    worked_money: Decimal
    lead_days: int

    def __add__(self, other: "Came") -> "Came":
        return Came(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    @property
    def precision(self) -> Decimal | None:
        """Share of warnings that came true."""
        return share(self.warned_arrears, self.warned)

    @property
    def recall(self) -> Decimal | None:
        """Share of the arrears money that was warned of."""
        return share(self.warned_money, self.arrears_money)

    @property
    def worked_precision(self) -> Decimal | None:
        return share(self.worked_arrears, self.worked)

    @property
    def worked_recall(self) -> Decimal | None:
        return share(self.worked_money, self.arrears_money)

    @property
    def lead(self) -> Decimal | None:
        """Mean days from the warning to the arrears, of worked warnings that came true."""
        return share(self.lead_days, self.worked_arrears)


@dataclass(frozen=True, slots=True)
class PastNight:
    """A night whose outcome is known, under both policies."""

    as_of: dt.date
    before: Came
    after: Came


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """None of nothing."""
    return Decimal(part) / Decimal(whole) if whole else None


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything a report tells of one night. `cases` of Figures are treatments that take staff hours."""

    accounts: int
    moved: int
    totals: Sequence[Total]
    whys: Sequence[Why]
    examples: Sequence[Move]
    hours_before: Hours
    hours_after: Hours

    def whole(self) -> Figures:
        """All accounts."""
        return self._by(lambda _: "")[""]

    def places(self, column: str) -> dict[str, Figures]:
        """By district or voltage_class: classes by voltage, the rest by name."""
        found = self._by(lambda total: str(getattr(total, column)))
        return {name: found[name] for name in sorted(found, key=lambda name: (_volts(name), name))}

    def values(self, axis: str) -> dict[str, Figures]:
        """By value of an axis, in the order in which the axis has them."""
        found: dict[str, Figures] = defaultdict(Figures)
        for total in self._of(axis):
            was, now = found[total.before], found[total.after]
            was.accounts = was.accounts.plus(total.accounts, 0)
            was.open_amount = was.open_amount.plus(total.open_amount, 0)
            was.expected_loss = was.expected_loss.plus(total.expected_loss_before, 0)
            now.accounts = now.accounts.plus(0, total.accounts)
            now.open_amount = now.open_amount.plus(0, total.open_amount)
            now.expected_loss = now.expected_loss.plus(0, total.expected_loss_after)
            if axis == TREATMENT:
                was.hours = was.hours.plus(total.accounts * self.hours_before.get(total.before, ZERO), 0)
                now.hours = now.hours.plus(0, total.accounts * self.hours_after.get(total.after, ZERO))
        return {value: found[value] for value in _ordered(axis, found)}

    def matrix(self, axis: str) -> dict[tuple[str, str], int]:
        """Accounts by value before and value after."""
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for total in self._of(axis):
            counted[total.before, total.after] += total.accounts
        return dict(counted)

    def is_changed(self, axis: str) -> bool:
        return any(before != after for before, after in self.matrix(axis))

    def write_totals(self, path: Path) -> None:
        """The cube as CSV, whole or not at all."""
        aside = path.with_name(f".{path.name}.part")
        with aside.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(HEADINGS)
            for total in self.totals:
                hours = (
                    self._hours(total.before, self.hours_before, total),
                    self._hours(total.after, self.hours_after, total),
                )
                cells = [getattr(total, name) for name in HEADINGS[:-2]]
                writer.writerow([harmless(cell) for cell in (*cells, *hours)])
        aside.replace(path)

    def _of(self, axis: str) -> Iterable[Total]:
        return (total for total in self.totals if total.axis == axis)

    def _by(self, key: Callable[[Total], str]) -> dict[str, Figures]:
        found: dict[str, Figures] = defaultdict(Figures)
        for total in self.totals:
            here = found[key(total)]
            count = total.accounts
            harm = [count if hurts(total.axis, value) else 0 for value in (total.before, total.after)]
            here.hurting = here.hurting.plus(*harm)
            if total.axis == LEVEL:
                here.accounts = here.accounts.plus(count, count)
                here.open_amount = here.open_amount.plus(total.open_amount, total.open_amount)
                here.expected_loss = here.expected_loss.plus(total.expected_loss_before, total.expected_loss_after)
                was, now = total.before != NO_LEVEL, total.after != NO_LEVEL
                here.warned = here.warned.plus(count * was, count * now)
                here.warned_loss = here.warned_loss.plus(
                    total.expected_loss_before * was, total.expected_loss_after * now
                )
                here.moved += count * (total.before != total.after)
            elif total.axis == TREATMENT:
                before, after = self.hours_before.get(total.before, ZERO), self.hours_after.get(total.after, ZERO)
                here.hours = here.hours.plus(count * before, count * after)
                here.cases = here.cases.plus(count * (before > 0), count * (after > 0))
        return found

    def _hours(self, value: str, hours: Hours, total: Total) -> Decimal | str:
        return (total.accounts * hours.get(value, ZERO)).quantize(CENT) if total.axis == TREATMENT else ""


def _ordered(axis: str, found: Iterable[str]) -> list[str]:
    known = (NO_LEVEL, "blue", "yellow", "orange", "red") if axis == LEVEL else AXES.get(axis, ())
    return sorted(found, key=lambda value: (known.index(value) if value in known else len(known), value))


def _volts(name: str) -> int:
    """Of a voltage class the number it begins with, so that 1-10kV comes before 110kV."""
    digits = re.match(r"<?(\d+)(?:-\d+)?kV|(\d+)kV\+?", name)
    return int(digits[1] or digits[2]) - name.startswith("<") if digits else 0
