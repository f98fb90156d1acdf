"""The rules that a row or a file can break: those that look beyond the row, and what each kind means and asks for."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated

_READS = re.compile(r"^-- reads:\s*(.+?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CrossRule:
    """A rule that compares rows: its SQL yields the `line_no` of each row of `checked` that breaks it. It reads `checked`
    and `lake_<table>` for each table in `reads`."""

    name: str
    sql: str
    reads: frozenset[str]


@cache
def cross_rules(folder: Path, table: str) -> tuple[CrossRule, ...]:
    """The rules in `<folder>/<table>/<column>.<kind>.sql`, in the order of their names."""
    found = []
    for path in sorted((folder / table).glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        reads = _READS.search(sql)
        found.append(CrossRule(path.stem, sql, frozenset(re.split(r",\s*", reads[1]) if reads else ())))
    return tuple(found)


class RuleWords(BaseModel):
    """A kind of fault: `kind` is what stands behind the dot in a row's rule, or a file's rule as a whole. `is_waivable`: a
    person may let a row pass that breaks it, since the row can be read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    of: Literal["row", "file"]
    is_waivable: bool = False
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str

    def meaning(self, language: str) -> str:
        """What is wrong, in `zh-CN` or, for any other language, in English."""
        return self.zh if language == "zh-CN" else self.en

    def remedy(self, language: str) -> str:
        """What to do about it."""
        return self.remedy_zh if language == "zh-CN" else self.remedy_en


class _RulesFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: list[RuleWords] = Field(min_length=1)


@cache
def load_words(folder: Path) -> dict[str, RuleWords]:
    """`<folder>/rules.yaml` by kind; PolicyError with the line of what is wrong there."""
    file, where = dated.load(folder / "rules.yaml", _RulesFile)
    words: dict[str, RuleWords] = {}
    for position, rule in enumerate(file.rules):
        if rule.kind in words:
            raise where.refuse(f"{rule.kind} is explained twice", "rules", position, "kind")
        words[rule.kind] = rule
    return words


def kind_of(rule: str) -> str:
    """`not_a_number` of `amount.not_a_number`; of a file's rule the rule itself."""
    return rule.partition(".")[2] or rule
