"""What an act on a case is: who may do it, on what, with which fields; what it says before it is done, and the doing."""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from starlette.datastructures import FormData

from arrears.domain.money import CENT
from arrears.domain.people import Right
from arrears.errors import UsageError
from arrears.review.case_file import CaseFile
from arrears.review.case_rows import CaseNight
from arrears.review.lawful import LawDesk
from arrears.web.visit import Visit

Kind = Literal["line", "text", "day", "amount", "choice", "choices"]
"""line: one line of text · text: several · day: a local date · amount: money to the cent · choice: one of a few ·
choices: any number of them."""
LONGEST = {"line": 200, "text": 4000}
MOST = Decimal("9999999999999999.99")
"""What a money column holds."""

Values = Mapping[str, Any]
"""What was typed, by field: text, a date, a Decimal, or, of `choices`, a tuple of texts; None where nothing was."""


@dataclass(frozen=True, slots=True)
class Field:
    """`label` and `hint` are English as the pages' words know them; `options` are values with what people read."""

    name: str
    label: str
    kind: Kind
    is_needed: bool = True
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    given: str = ""


WHY = Field("why", "Reason", "text", hint="Kept with the case.")
NOTE = Field("why", "Note", "text", is_needed=False, hint="Kept with the case.")


@dataclass(frozen=True, slots=True)
class Target:
    """What of the case an act is about (an axis, a hold, a notice, …), what people call it, and how many changes of it the
    person has seen."""

    of: str
    label: str
    seq: int


@dataclass(frozen=True, slots=True)
class Work:
    """A person at a case. `desk`: where the law is asked and acts of the law are done, at the moment of the request."""

    visit: Visit
    file: CaseFile
    night: CaseNight
    desk: Callable[[], LawDesk]

    @property
    def account_id(self) -> str:
        return self.file.who.account_id

    @property
    def actor(self) -> str:
        return str(self.visit.person.actor)

    @property
    def at(self) -> dt.datetime:
        return self.file.at

    @property
    def language(self) -> str:
        return self.visit.language.tag

    def say(self, text: str, /, **values: object) -> str:
        return self.visit.say(text, **values)


@dataclass(frozen=True, slots=True)
class Act:
    """`targets`: on what it can be done now; nothing: it cannot. `preview` changes nothing and says in sentences what `do` will
    do; `do` says what was done. Both raise UsageError for what cannot be, `do` StaleCaseError when somebody was first.
    `is_grave`: it is hard to undo, or hurts."""

    name: str
    label: str
    right: Right
    targets: Callable[[Work], Sequence[Target]]
    fields: Callable[[Work, Target], Sequence[Field]]
    preview: Callable[[Work, Target, Values], Sequence[str]]
    do: Callable[[Work, Target, Values], str]
    is_grave: bool = False


def only(*fields: Field) -> Callable[[Work, Target], Sequence[Field]]:
    return lambda _work, _target: fields


def typed(visit: Visit, fields: Sequence[Field]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the form holds, and by field what is wrong with it."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in fields:
        try:
            values[field.name] = _typed(visit, field, visit.form)
        except UsageError as error:
            values[field.name], wrong[field.name] = None, str(error)
    return values, wrong


def _typed(visit: Visit, field: Field, form: FormData) -> Any:
    if field.kind == "choices":
        chosen = tuple(dict.fromkeys(str(each) for each in form.getlist(field.name)))
        if set(chosen) - {value for value, _ in field.options}:
            raise UsageError(visit.say("This is not one of the choices."))
        if field.is_needed and not chosen:
            raise UsageError(visit.say("Choose at least one."))
        return chosen
    text = unicodedata.normalize("NFC", str(form.get(field.name, ""))).replace("\r\n", "\n").strip()
    if not text:
        if field.is_needed:
            raise UsageError(visit.say("This is needed."))
        return None
    match field.kind:
        case "choice":
            return _chosen(visit, field, text)
        case "day":
            return _day(visit, text)
        case "amount":
            return _amount(visit, text)
        case "line" | "text":
            return _text(visit, field, text)


def _chosen(visit: Visit, field: Field, text: str) -> str:
    if text not in {value for value, _ in field.options}:
        raise UsageError(visit.say("This is not one of the choices."))
    return text


def _day(visit: Visit, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(visit.say("This is no date; write it like 2026-11-09.")) from None


def _amount(visit: Visit, text: str) -> Decimal:
    try:
        found = Decimal(text.replace(",", "").replace("，", ""))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 <= found <= MOST or found != found.quantize(CENT):
        raise UsageError(visit.say("This is no amount; write it like 1250.00."))
    return found.quantize(CENT)


def _text(visit: Visit, field: Field, text: str) -> str:
    if len(text) > LONGEST[field.kind]:
        raise UsageError(visit.say("This is too long; {most} signs fit.", most=LONGEST[field.kind]))
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise UsageError(visit.say("This holds signs that cannot be kept."))
    return text
