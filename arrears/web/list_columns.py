"""The columns of the warning list, with the words of a language: for the page and for what is exported of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from arrears.domain.episode_events import Level, State
from arrears.review.axis_words import value_word
from arrears.review.case_words import term
from arrears.review.history_words import TARIFFS, word
from arrears.review.worklist import Listed
from arrears.web.case_reading import name_of
from arrears.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Words:
    """What a row's values are called."""

    visit: Visit

    @property
    def language(self) -> str:
        return self.visit.language.tag

    def level(self, name: str) -> str:
        return term(Level.of(name), self.language)

    def state(self, name: str | None) -> str:
        return self.visit.say("no case") if name is None else term(State(name), self.language)

    def tariff(self, name: str | None) -> str:
        return "" if name is None else word(TARIFFS, name, self.language)

    def voltage(self, name: str | None) -> str:
        return name or ""

    def mode(self, value: str) -> str:
        return value_word("payment_mode", value, self.language)

    def treatment(self, value: str) -> str:
        return value_word("treatment", value, self.language)

    def reason(self, name: str) -> str:
        found = self.visit.site.catalogue.features.get(name)
        return name if found is None else found.label(self.language)

    def owner(self, actor: str | None) -> str:
        return "" if actor is None else name_of(self.visit, actor)


Cell = Callable[[Words, Listed], Any]

COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("Level", lambda words, row: words.level(row.level)),
    ("Account", lambda _, row: row.account_id),
    ("Customer", lambda _, row: row.customer_name),
    ("Address", lambda _, row: row.address),
    ("District", lambda _, row: row.district),
    ("Voltage class", lambda _, row: row.voltage_class),
    ("Tariff", lambda words, row: words.tariff(row.tariff)),
    ("Owed", lambda _, row: row.open_amount),
    ("Overdue", lambda _, row: row.overdue_amount),
    ("Days overdue", lambda _, row: row.oldest_days_past_due),
    ("Expected loss", lambda _, row: row.expected_loss_amount),
    ("Probability", lambda _, row: row.probability),
    ("Probability from", lambda _, row: row.probability_low),
    ("Probability to", lambda _, row: row.probability_high),
    ("Grade", lambda _, row: row.grade),
    ("Main reason", lambda words, row: words.reason(row.reasons[0]) if row.reasons else None),
    ("Other reasons", lambda words, row: "; ".join(map(words.reason, row.reasons[1:]))),
    ("Proposed payment mode", lambda words, row: words.mode(row.payment_mode)),
    ("Proposed treatment", lambda words, row: words.treatment(row.treatment)),
    ("State", lambda words, row: words.state(row.state)),
    ("Owner", lambda words, row: words.owner(row.owner)),
    ("Raised on", lambda _, row: row.raised_on),
    ("Age in days", lambda words, row: row.age_days(words.visit.site.today)),
    ("To be looked at on", lambda _, row: row.due_on),
    ("Tonight's workload", lambda words, row: words.visit.say("yes") if row.is_within_capacity else ""),
    ("Held out at random", lambda words, row: words.visit.say("yes") if row.is_held_out else ""),
    ("Known as of", lambda _, row: row.as_of),
)
"""Each by its English heading."""


def headings(visit: Visit) -> list[str]:
    return [visit.say(name) for name, _ in COLUMNS]


def cells(visit: Visit, rows: Iterator[Listed]) -> Iterator[list[Any]]:
    """Numbers and days as such, everything else as text."""
    words = Words(visit)
    for row in rows:
        yield [cell(words, row) for _, cell in COLUMNS]
