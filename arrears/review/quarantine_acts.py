"""What people decide on rows in quarantine: to let them pass, as corrected or past the rule they break, or never to try them
again. A decision counts for the pulls after it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from arrears.casebook import store
from arrears.casebook.quarantined import Said
from arrears.errors import UsageError
from arrears.lake.contract import load_contract
from arrears.review.quarantined import Aside, Quarantine

SHORT = 12
"""Digits of a row's id that people are told."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who decides, why, and since when it counts."""

    actor: str
    why: str
    at: dt.datetime

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise UsageError("the reason is empty; say in a few words why")


def released(there: Quarantine, row: Aside, word: Word, corrections: Mapping[str, str | None]) -> Said:
    """A rule may be waived where the row can be read, and its column was not corrected; UsageError for a row that cannot be
    read and is not corrected either."""
    waived = list(row.said.waived_rules) if row.said else []
    if there.words_of(row).is_waivable and row.column not in corrections:
        waived.append(row.rule)
    elif not corrections:
        raise UsageError(
            f"{row.quarantine_id[:SHORT]}: {row.rule} cannot be let pass, since the row cannot be relied on as it is: "
            f"{there.words_of(row).remedy_en}; or correct its values"
        )
    before = dict(row.said.corrections) if row.said else {}
    whole = {**before, **corrections}
    return Said(row.quarantine_id, False, word.actor, word.at, word.why.strip(), whole, tuple(dict.fromkeys(waived)))


def dropped(row: Aside, word: Word) -> Said:
    return Said(row.quarantine_id, True, word.actor, word.at, word.why.strip())


def check_corrections(sql_folder: Path, row: Aside, corrections: Mapping[str, str | None]) -> None:
    """UsageError for a column that the row's table does not have."""
    columns = load_contract(sql_folder / "contract", row.table).columns
    for column in corrections:
        if column not in columns:
            raise UsageError(f"{row.table} has no column {column[:40]!r}; it has {', '.join(columns)}")


def keep(engine: Engine, decisions: Sequence[Said], at: dt.datetime) -> None:
    """All or none."""
    store.write_decisions(engine, decisions, at)
