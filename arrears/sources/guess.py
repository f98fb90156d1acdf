"""Which of a system's tables and columns may be what the contract asks for, by their names alone: guesses for a person."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from arrears import dated
from arrears.lake.contract import Contract

Tables = Mapping[str, Sequence[str]]
"""A system's tables and the columns of each."""


class Words(BaseModel):
    """`sql/contract/words.yaml`: for tables and columns of the contract, what other systems call them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tables: dict[str, list[str]]
    columns: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Guess:
    """The table that may hold what the contract asks for, and its columns by those of the contract."""

    table: str
    columns: dict[str, str]


@cache
def load_words(folder: Path) -> Words:
    """The dictionary in `<folder>/words.yaml`."""
    return dated.load(folder / "words.yaml", Words)[0]


def guess(contract: Contract, tables: Tables, words: Words) -> Guess | None:
    """The table whose name fits, and of several the one with the most columns that do; None when no name fits, or no
    column of the key does."""
    found: list[tuple[int, int, Guess]] = []
    for place, (table, columns) in enumerate(tables.items()):
        if _best([table], words.tables[contract.table]) is None:
            continue
        free = list(columns)
        guessed: dict[str, str] = {}
        for name in contract.columns:
            column = _best(free, words.columns.get(name, [name]))
            if column is not None:
                guessed[name] = column
                free.remove(column)
        if any(name in guessed for name in contract.key):
            found.append((-len(guessed), place, Guess(table, guessed)))
    return min(found, key=lambda each: each[:2])[2] if found else None


def _best(names: Iterable[str], words: Sequence[str]) -> str | None:
    """The first of `names` that is one of the words, else the first that holds one: an earlier word goes before a later."""
    parts = {name: _parts(name) for name in names}
    for holds in (_is, _holds):
        for word in words:
            for name, there in parts.items():
                if holds(there, _parts(word)):
                    return name
    return None


def _is(name: list[str], word: list[str]) -> bool:
    return name == word


def _holds(name: list[str], word: list[str]) -> bool:
    """The word's parts stand together in the name; Chinese has no gaps between its words."""
    if not word[0].isascii():
        return word[0] in "".join(name)
    return any(name[start : start + len(word)] == word for start in range(len(name)))


def _parts(name: str) -> list[str]:
    """`RcvblAmtID`, `rcvbl_amt_id` and `RCVBL-AMT-ID` are the same three; a plural is its singular."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    parts = [part for part in re.split(r"[\W_]+", spaced.lower()) if part]
    return [part.removesuffix("s") if len(part) > 3 and not part.endswith(("ss", "us")) else part for part in parts]
