"""From a file to the table that a card is fitted on: roles, kinds, the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from arrears.errors import UsageError
from arrears.scorecard.points import Column
from arrears.scorecard.prepare import Given
from arrears.scorecard.tabular import Profile, Table, open_table, sha256

BAD = {"1": "0", "true": "false", "yes": "no", "y": "n", "bad": "good"}
"""Texts of a bad outcome, capitals apart, each with that of a good one."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column is what. `excluded` columns are left out by hand."""

    target: str
    id: str | None = None
    time: str | None = None
    weight: str | None = None
    segment: str | None = None
    excluded: Sequence[str] = ()

    @property
    def named(self) -> dict[str, str]:
        """Roles that a column has."""
        found = {
            "target": self.target,
            "id": self.id,
            "time": self.time,
            "weight": self.weight,
            "segment": self.segment,
        }
        return {role: name for role, name in found.items() if name is not None}


def read_training(path: Path, roles: Roles) -> Given:
    """The table in the file; UsageError for an outcome that is none, or a role that no column can have."""
    with open_table(path) as table:
        table.require([*roles.named.values(), *roles.excluded])
        profiles = table.profiles()
        left_out, notes, wanted = _kinds(profiles, roles)
        read = table.read(wanted | role_kinds(table, profiles, roles))
        bad, is_known = outcome(path, roles.target, read[roles.target])
        if not is_known.all():
            notes.append(f"{int((~is_known).sum())} rows without an outcome in '{roles.target}' are left out")
            read = {name: chosen(column, is_known) for name, column in read.items()}
        time = None if roles.time is None else read[roles.time]
        return Given(
            columns={name: read[name] for name in wanted},
            bad=bad[is_known],
            ids=None if roles.id is None else read[roles.id],
            time=_time(path, roles, time),
            weight=None if roles.weight is None else read[roles.weight],
            segment=None if roles.segment is None else read[roles.segment],
            roles=roles.named,
            target=roles.target,
            data=path.name,
            sha256=sha256(path),
            window=None if time is None else window(time, profiles[str(roles.time)]),
            left_out=left_out,
            notes=tuple(notes),
        )


def _kinds(profiles: dict[str, Profile], roles: Roles) -> tuple[dict[str, str], list[str], dict[str, str]]:
    """Why columns are left out, what was found, and the kinds of those that may be features."""
    left_out: dict[str, str] = {}
    notes: list[str] = []
    wanted: dict[str, str] = {}
    for name, profile in profiles.items():
        if name in roles.excluded:
            left_out[name] = "excluded by hand"
        elif name in roles.named.values():
            continue
        elif profile.kind == "date":
            left_out[name] = "it holds dates; make a number of days of it to use it"
        elif profile.kind in ("nothing", "other"):
            left_out[name] = "it holds nothing" if profile.kind == "nothing" else "it holds neither numbers nor texts"
        else:
            wanted[name] = profile.kind
            if profile.strays:
                notes.append(f"{name}: {profile.strays} texts among numbers count as missing")
    return left_out, notes, wanted


def role_kinds(table: Table, profiles: dict[str, Profile], roles: Roles) -> dict[str, str]:
    """How each role's column is read; UsageError where it cannot be what it is said to be."""
    wanted = dict.fromkeys((name for name in (roles.target, roles.id, roles.segment) if name is not None), "category")
    if roles.time is not None:
        profile = profiles[roles.time]
        if profile.kind not in ("date", "number"):
            raise UsageError(f"{table.path}: '{roles.time}' holds neither dates nor numbers, so it cannot be the time")
        wanted[roles.time] = "number" if profile.kind == "number" else profile.date
    if roles.weight is not None:
        if profiles[roles.weight].kind != "number":
            raise UsageError(f"{table.path}: '{roles.weight}' does not hold numbers, so it cannot be the weight")
        wanted[roles.weight] = "number"
    if len(wanted) < len(roles.named):
        raise UsageError(f"{table.path}: one column cannot have two roles")
    return wanted


def outcome(path: Path, name: str, column: Column) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows are bad, and which have an outcome at all."""
    texts = pc.utf8_lower(column)
    found = {str(text) for text in pc.unique(texts).to_pylist() if text is not None}
    plain = {text: text.removesuffix(".0") for text in found}
    said = f"{path}: '{name}' must hold an outcome in every row, 1 for bad and 0 for good (or true/false, yes/no, bad/good)"
    kinds = set(plain.values())
    if len(kinds) == 1:
        raise UsageError(f"{said}; it holds only '{next(iter(kinds))}'")
    bad = next((one for one, other in BAD.items() if kinds == {one, other}), None)
    if bad is None:
        told = ", ".join(repr(each) for each in sorted(kinds)[:5])
        raise UsageError(f"{said}; it holds {told or 'nothing'}{' and more' if len(kinds) > 5 else ''}")
    named = pa.array([text for text, short in plain.items() if short == bad], pa.string())
    is_bad: Column = pc.is_in(texts, value_set=named)
    return is_bad.to_numpy(zero_copy_only=False), texts.is_valid().to_numpy(zero_copy_only=False)


def chosen(column: Column, mask: NDArray[np.bool_]) -> Column:
    """The rows of the mask."""
    return column[mask] if isinstance(column, np.ndarray) else column.filter(pa.array(mask))


def _time(path: Path, roles: Roles, time: Column | None) -> Column | None:
    if time is not None and np.isnan(time).any():
        raise UsageError(f"{path}: '{roles.time}' is missing or no date in {int(np.isnan(time).sum())} rows")
    return time


def window(time: Column, profile: Profile) -> tuple[str, str]:
    """First and last, days as 2026-03-01, numbers as they are."""
    ends = (float(np.nanmin(time)), float(np.nanmax(time)))
    if profile.kind == "number":
        return f"{ends[0]:.15g}", f"{ends[1]:.15g}"
    days = [str(np.datetime64(int(end), "s").astype("datetime64[D]")) for end in ends]
    return days[0], days[1]
