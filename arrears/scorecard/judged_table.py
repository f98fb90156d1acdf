"""From a file and a card to the rows that the card is judged by, and where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from arrears import __version__
from arrears.errors import UsageError
from arrears.scorecard.card import Card
from arrears.scorecard.judged import Judged, Mask, Texts, grouped, judged
from arrears.scorecard.metrics import Numbers, Places
from arrears.scorecard.points import Column
from arrears.scorecard.tabular import Profile, open_table, sha256
from arrears.scorecard.training import BAD, Roles, chosen, outcome, role_kinds, window
from arrears.scorecard.validate import Provenance

MOST_PERIODS = 120
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns by what they are wanted for. What is None stays unknown; the outcome is that of the fit by default."""

    target: str | None = None
    id: str | None = None
    time: str | None = None
    weight: str | None = None
    segments: Sequence[str] = ()
    protected: Sequence[str] = ()
    baselines: Sequence[str] = ()


def read_judged(path: Path, card: Card, asked: Asked) -> tuple[Judged, Provenance]:
    """Rows without an outcome are left out and counted; UsageError where the table cannot be judged by."""
    target = asked.target or (card.training.target if card.training else None)
    if target is None:
        raise UsageError(
            f"{path}: which column is the outcome? The card was not fitted and does not know; give --target"
        )
    roles = Roles(target, asked.id, asked.time, asked.weight)
    with open_table(path) as table:
        extra = [*asked.segments, *asked.protected, *asked.baselines]
        table.require([*roles.named.values(), *extra, *card.features])
        profiles = table.profiles()
        roles_of = role_kinds(table, profiles, roles)
        read = table.read(_kinds(card, profiles, extra) | roles_of)
        bad, is_known = outcome(path, target, read[target])
        profile_of_time = None if asked.time is None else profiles[asked.time]
        read = {name: chosen(column, is_known) for name, column in read.items()}
        rows = _judged(path, card, asked, read, bad[is_known].astype(np.float64), profile_of_time)
        return rows, _provenance(path, card, roles, read, profile_of_time, is_known, _strays(card, profiles))


def _kinds(card: Card, profiles: Mapping[str, Profile], extra: Sequence[str]) -> dict[str, str]:
    """The card says what its own features are; what the others hold shows in the table."""
    own = {each.feature: each.kind for part in card.parts for each in part.characteristics}
    if card.segment_by is not None:
        own.setdefault(card.segment_by, "category")
    return {name: "number" if profiles[name].kind == "number" else "category" for name in extra} | own


def _judged(
    path: Path, card: Card, asked: Asked, read: Mapping[str, Column], bad: Numbers, profile: Profile | None
) -> Judged:
    others: dict[str, Any] = {
        "segments": {name: _groups(read[name]) for name in asked.segments},
        "protected": {name: _groups(read[name]) for name in asked.protected},
        "baselines": {name: _risk(path, name, read[name]) for name in asked.baselines},
    }
    if asked.id is not None:
        others["cluster"] = _cluster(read[asked.id])
    if asked.weight is not None:
        others["weight"] = _weight(path, asked.weight, read[asked.weight])
    if asked.time is not None and profile is not None:
        time = read[asked.time]
        if np.isnan(time).any():
            raise UsageError(f"{path}: '{asked.time}' is missing or no date in {int(np.isnan(time).sum())} rows")
        others["month"] = _months(time, profile)
        others["is_later"] = _is_later(path, asked.time, time, profile, card)
    return judged(card, read, bad, **others)


def _groups(column: Column) -> Texts:
    return grouped(column if isinstance(column, np.ndarray) else np.array(column.to_pylist(), dtype=object))


def _risk(path: Path, name: str, column: Column) -> Numbers:
    """Numbers as they are; two texts as a flag, when it is plain which of them is the bad one."""
    if isinstance(column, np.ndarray):
        return np.asarray(column, dtype=np.float64)
    texts = pc.utf8_lower(column)
    found = {str(text) for text in pc.unique(texts).to_pylist() if text is not None}
    bad = next((one for one, other in BAD.items() if found and found <= {one, other}), None)
    if bad is None:
        raise UsageError(f"{path}: '{name}' can be no baseline: it must hold numbers, or true/false, yes/no, bad/good")
    flags = pc.equal(texts, pa.scalar(bad)).cast("float64").to_numpy(zero_copy_only=False)
    return np.asarray(flags, dtype=np.float64)


def _weight(path: Path, name: str, column: Column) -> Numbers:
    weight = np.asarray(column, dtype=np.float64)
    if not (np.isfinite(weight) & (weight > 0)).all():
        raise UsageError(f"{path}: '{name}' must be a number above 0 in every row")
    return np.asarray(weight / weight.mean())


def _cluster(column: Column) -> Places | None:
    codes = np.asarray(pc.fill_null(column, "").dictionary_encode().indices, dtype=np.intp)
    return None if len(np.unique(codes)) == len(codes) else codes


def _months(time: Numbers, profile: Profile) -> Texts | None:
    """Months of dates; numbers as they are, of one width so that their order holds. None where they are too many."""
    if profile.kind != "number":
        return np.asarray(time.astype("int64").astype("datetime64[s]").astype("datetime64[M]"), dtype=np.str_)
    periods, place = np.unique(time, return_inverse=True)
    if len(periods) > MOST_PERIODS:
        return None
    names = [f"{period:.15g}" for period in periods]
    return np.array([name.zfill(max(map(len, names))) for name in names], dtype=np.str_)[place]


def _is_later(path: Path, name: str, time: Numbers, profile: Profile, card: Card) -> Mask | None:
    if card.training is None or card.training.window is None:
        return None
    last = card.training.window[1]
    try:
        if profile.kind == "number":
            return np.asarray(time > float(last), dtype=np.bool_)
        return np.asarray(time >= np.datetime64(last, "s").astype("int64") + DAY, dtype=np.bool_)
    except ValueError as error:
        raise UsageError(
            f"{path}: '{name}' cannot be held against the card's window, which ends with {last}"
        ) from error


def _strays(card: Card, profiles: Mapping[str, Profile]) -> dict[str, str]:
    own = {each.feature: each.kind for part in card.parts for each in part.characteristics}
    return {
        name: f"{profiles[name].strays} texts among numbers count as missing"
        for name, kind in own.items()
        if kind == "number" and profiles[name].strays
    }


def _provenance(
    path: Path,
    card: Card,
    roles: Roles,
    read: Mapping[str, Column],
    profile: Profile | None,
    is_known: Mask,
    strays: Mapping[str, str],
) -> Provenance:
    digest = sha256(path)
    return Provenance(
        data=path.name,
        sha256=digest,
        columns=roles.named,
        window=None if profile is None or not is_known.any() else window(read[str(roles.time)], profile),
        rows=int(is_known.sum()),
        left_out={f"no outcome in '{roles.target}'": int((~is_known).sum())},
        strays=strays,
        is_fitted_on=card.training is not None and card.training.sha256 == digest,
        made_with=f"arrears {__version__}",
    )
