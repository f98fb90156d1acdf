"""A grade turned into the annual statement, and into what a public list may show of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from arrears.notices import context as c
from arrears.notices.printed import masked, sentence
from arrears.notices.writing import Writing, letterhead

_PUBLIC = {"account_id": ("户号", "account"), "grade": ("信用等级", "grade"), "year": ("年度", "year")}


@dataclass(frozen=True, slots=True)
class Graded:
    """A grade at the end of a year. `grades`: the scheme's, best first. `raises`: what the customer can do, zh and en, to come
    to `next_grade`. `held_by`: the veto that holds the grade, zh and en."""

    year: int
    grade: str
    grades: Sequence[str]
    reasons: Sequence[str]
    raises: Sequence[tuple[str, str]] = ()
    next_grade: str | None = None
    held_by: tuple[str, str] | None = None


def credit_statement(writing: Writing, graded: Graded) -> c.CreditStatement:
    words, rules = writing.print, writing.sender.rules
    return c.CreditStatement(
        **letterhead(writing, None),
        year=str(graded.year),
        grade=graded.grade,
        grades=words.chosen("、", ", ").join(graded.grades),
        is_best=graded.grade == graded.grades[0],
        next_grade=graded.next_grade or "",
        held_by=sentence(words.chosen(*graded.held_by)) if graded.held_by else "",
        reasons=writing.labels(graded.reasons),
        raises=tuple(sentence(words.chosen(*act)) for act in graded.raises),
        contest_by=writing.in_days(rules.contest_days.value),
        published=public_lines(writing, graded),
    )


def public_lines(writing: Writing, graded: Graded) -> tuple[c.TermLine, ...]:
    """What a public list may show of a grade, and nothing else: the policy names it, and numbers are masked."""
    published = writing.sender.rules.published
    shown = {
        "account_id": masked(writing.facts.account_id, published.digits),
        "grade": graded.grade,
        "year": str(graded.year),
    }
    return tuple(
        c.TermLine(name=sentence(writing.print.chosen(*_PUBLIC[name])), value=shown[name]) for name in published.fields
    )
