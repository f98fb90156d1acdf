"""A policy folder whole: every file in it, in force now, superseded, or yet to come."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from arrears import dated
from arrears.policy.bars import ValidationFile, load_demands
from arrears.policy.dispatch import DispatchFile, check_dispatch
from arrears.policy.rules import PARTS, Policy, load_policy
from arrears.scorecard.card import Card
from arrears.scorecard.expert import ExpertFile, load_card
from arrears.snapshot.catalogue import Catalogue

SCORECARD = "scorecard"
VALIDATION = "validation"
DISPATCH = "dispatch"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a policy: the file in force, since when, and the day on which the next one takes its place."""

    part: str
    file: Path
    since: dt.date
    until: dt.date | None


def check_folder(folder: Path, catalogue: Catalogue) -> int:
    """Check every file, and every combination of files that was or will ever be in force; how many files there are.
    PolicyError for the first that is wrong."""
    models: dict[str, type[BaseModel]] = {
        **PARTS,
        SCORECARD: ExpertFile,
        **({VALIDATION: ValidationFile} if _has_bars(folder) else {}),
        **({DISPATCH: DispatchFile} if (folder / DISPATCH).exists() else {}),
    }
    found = {part: dated.files(folder / part) for part in models}
    for part, files in found.items():
        for _, path in files:
            dated.load(path, models[part])
    for _, path in found.get(DISPATCH, ()):
        check_dispatch(path)
    begins = max((files[0][0] for files in found.values() if files), default=dt.date.min)
    for day in sorted({day for files in found.values() for day, _ in files if day >= begins} | {begins}):
        card = load_card(folder, day, catalogue)
        load_policy(folder, day, catalogue, card)
        if VALIDATION in models:
            load_demands(folder, day)
    return sum(map(len, found.values()))


def in_force(folder: Path, as_of: dt.date, catalogue: Catalogue, card: Card | None = None) -> tuple[Card, Policy]:
    """The policy on a day, with `card` or its own expert card."""
    card = card or load_card(folder, as_of, catalogue)
    return card, load_policy(folder, as_of, catalogue, card)


def parts(folder: Path, as_of: dt.date) -> list[Part]:
    """What is in force on a day, part by part."""
    told = []
    for part in (SCORECARD, *PARTS, *((VALIDATION,) if _has_bars(folder) else ())):
        file = dated.in_force(folder / part, as_of)
        later = [day for day, _ in dated.files(folder / part) if day > as_of]
        told.append(Part(part, file, dt.date.fromisoformat(file.stem), min(later, default=None)))
    return told


def _has_bars(folder: Path) -> bool:
    """A policy to be tried may leave out what a fitted card must reach."""
    return (folder / VALIDATION).exists()
