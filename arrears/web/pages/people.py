"""Accounts of those who work here: who there is, making one, changing its roles and districts, closing it."""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from arrears.casebook import people as kept_people
from arrears.casebook.people import Kept
from arrears.casebook.streams import history
from arrears.domain.people import LANGUAGES, LOCAL, Person, Right, Role, subject_of
from arrears.errors import StaleCaseError, UsageError
from arrears.review import passwords, people
from arrears.review.worklist import districts_of
from arrears.web.site import now
from arrears.web.visit import Here, MissingError

router = APIRouter()

DONE = {
    kept_people.MADE: "account made",
    kept_people.CHANGED: "account changed",
    kept_people.DEACTIVATED: "account closed",
    kept_people.REACTIVATED: "account opened again",
    kept_people.PASSWORD_SET: "password set",
}
"""What was done with an account, by the kind of its event."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds, right or wrong."""

    name: str
    roles: tuple[str, ...]
    is_everywhere: bool
    districts: tuple[str, ...]
    is_open: bool = True
    language: str = LANGUAGES[0]
    subject: str = ""
    seq: str = ""

    def person(self, issuer: str, subject: str) -> Person:
        """UsageError for whatever nobody can be."""
        unknown = [role for role in self.roles if role not in set(Role)]
        if unknown:
            raise UsageError(f"there is no role {unknown[0][:40]!r}")
        districts = None if self.is_everywhere else frozenset(self.districts)
        roles = frozenset(Role(role) for role in self.roles)
        return Person(issuer, subject, self.name.strip(), roles, districts, self.language)


@router.get("/people")
def everybody(visit: Here) -> Response:
    visit.require(Right.MANAGE_PEOPLE)
    return visit.page("people.html", found=people.people(visit.site.engine))


@router.get("/people/add")
def adding(visit: Here) -> Response:
    visit.require(Right.MANAGE_PEOPLE)
    return _form(visit, None, Typed("", (), is_everywhere=True, districts=()))


@router.post("/people/add")
def add(visit: Here) -> Response:
    """The password is made up here, and shown this once."""
    visit.require(Right.MANAGE_PEOPLE)
    typed = _typed(visit)
    try:
        person = replace(typed.person(LOCAL, subject_of(typed.subject)), must_change_password=True)
        if not person.roles:
            raise UsageError("choose at least one role; without one nothing can be done")
        if visit.form.get("step") != "do":
            return _form(visit, None, typed, will=_will(visit, None, person, is_open=True))
        password = passwords.made_up()
        made = people.add(visit.site.engine, person, password, visit.person.actor, now())
    except UsageError as error:
        return _form(visit, None, typed, 422, str(error))
    return visit.page("people_password.html", kept=made, password=password)


@router.get("/people/change")
def changing(visit: Here, who: str) -> Response:
    visit.require(Right.MANAGE_PEOPLE)
    kept = _kept(visit, who)
    return _form(visit, kept, _as_kept(kept))


@router.post("/people/change")
def change(visit: Here, who: str) -> Response:
    """A person of another issuer keeps the roles that it gives."""
    visit.require(Right.MANAGE_PEOPLE)
    kept, typed = _kept(visit, who), _typed(visit)
    was = kept.person
    if was.issuer != LOCAL:
        typed = replace(typed, roles=tuple(was.roles))
    try:
        after = replace(typed.person(was.issuer, was.subject), language=was.language)
        if visit.form.get("step") != "do":
            return _form(visit, kept, typed, will=_will(visit, kept, after, is_open=typed.is_open))
        seq = int(typed.seq) if typed.seq.isascii() and typed.seq.isdigit() and len(typed.seq) < 10 else 0
        people.change(visit.site.engine, after, seq, visit.person.actor, now(), is_active=typed.is_open)
    except StaleCaseError as error:
        return _form(visit, _kept(visit, who), typed, 409, str(error))
    except UsageError as error:
        return _form(visit, kept, typed, 422, str(error))
    return visit.onward("/people", visit.say("{who} is changed.", who=was.actor))


@router.post("/people/password")
def password(visit: Here, who: str) -> Response:
    """A new first password, made up here and shown this once."""
    visit.require(Right.MANAGE_PEOPLE)
    kept, made_up = _kept(visit, who), passwords.made_up()
    try:
        after = people.set_password(visit.site.engine, kept.person.actor, made_up, visit.person.actor, now())
    except UsageError as error:
        return _form(visit, kept, _as_kept(kept), 422, str(error))
    return visit.page("people_password.html", kept=after, password=made_up)


def _kept(visit: Here, who: str) -> Kept:
    try:
        with visit.site.engine.connect() as connection:
            return people.named(connection, who)
    except UsageError:
        raise MissingError(visit.say("There is no such page, or none that you may see.")) from None


def _typed(visit: Here) -> Typed:
    form = visit.form
    return Typed(
        str(form.get("name", "")),
        tuple(str(each) for each in form.getlist("role")),
        form.get("where") == "all",
        tuple(str(each) for each in form.getlist("district")),
        form.get("is_open") == "yes",
        str(form.get("language", LANGUAGES[0])),
        str(form.get("subject", "")),
        str(form.get("seq", "")),
    )


def _as_kept(kept: Kept) -> Typed:
    person = kept.person
    return Typed(
        person.name,
        tuple(person.roles),
        person.districts is None,
        tuple(person.districts or ()),
        kept.is_active,
        person.language,
        person.subject,
        str(kept.seq),
    )


def _form(
    visit: Here, kept: Kept | None, typed: Typed, status: int = 200, refusal: str = "", will: list[str] | None = None
) -> HTMLResponse:
    """What was typed stays. `will`: what confirming it does, empty when it changes nothing."""
    known = set(districts_of(visit.site.engine, None)) | set(typed.districts)
    acts: list[Any] = []
    if kept is not None:
        with visit.site.engine.connect() as connection:
            acts = history(connection, kept_people.STREAM + str(kept.person.actor))
    return visit.page(
        "people_form.html",
        status,
        kept=kept,
        typed=typed,
        roles=list(Role),
        districts=sorted(known),
        refusal=refusal,
        will=will,
        acts=acts[::-1],
        done=DONE,
        is_self=kept is not None and kept.person.actor == visit.person.actor,
    )


def _will(visit: Here, kept: Kept | None, after: Person, *, is_open: bool) -> list[str]:
    """In sentences, what differs from what is kept."""
    say = visit.say
    and_ = say(", ")
    roles = and_.join(say(role.value).replace("_", " ") for role in Role if role in after.roles)
    roles = roles or say("nothing yet")
    districts = say("all districts") if after.districts is None else and_.join(sorted(after.districts))
    districts = districts or say("nothing yet")
    if kept is None:
        return [
            say("An account {subject} is made for {name}.", subject=after.subject, name=after.name),
            say("Its roles: {roles}.", roles=roles),
            say("They count in: {districts}.", districts=districts),
            say("A first password is shown once; it must be changed at the first sign-in."),
        ]
    was, found = kept.person, []
    if was.name != after.name:
        found.append(say("The name becomes {name}.", name=after.name))
    if was.roles != after.roles:
        found.append(say("The roles become: {roles}.", roles=roles))
    if was.districts != after.districts:
        found.append(say("The rights count in: {districts}.", districts=districts))
    if kept.is_active and not is_open:
        found.append(say("The account is closed, and whoever is signed in by it is signed out."))
    if is_open and not kept.is_active:
        found.append(say("The account is opened again."))
    return found
