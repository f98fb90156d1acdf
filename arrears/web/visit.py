"""One request of one person who is signed in."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from arrears.casebook import looked
from arrears.domain.people import Person, Right, may
from arrears.errors import ArrearsError
from arrears.review.cases import Desk
from arrears.web.gate import SignedIn
from arrears.web.language import LANGUAGES, Language, preferred
from arrears.web.site import Site
from arrears.web.templates import environment

LANGUAGE_COOKIE = "arrears_language"
FLASH_COOKIE = "arrears_flash"
MOST_FLASH = 1000
"""Characters of a message that a cookie carries."""

READING = ("GET", "HEAD")


class SignInError(ArrearsError):
    """Nobody is signed in."""


class ForbiddenError(ArrearsError):
    """The person may not do that, or not there."""


class MissingError(ArrearsError):
    """There is no such account, case or page, or none that the person may know of."""


class FormError(ArrearsError):
    """The form does not come from a page of ours, or is too old."""


@dataclass
class Visit:
    """`form` is empty where nothing was posted."""

    request: Request
    site: Site
    signed_in: SignedIn
    language: Language
    form: FormData

    @property
    def person(self) -> Person:
        return self.signed_in.person

    @property
    def csrf(self) -> str:
        return self.signed_in.csrf

    @cached_property
    def desk(self) -> Desk:
        """Where the person works, as the functions of `review` ask for it."""
        return Desk(self.site.engine, self.site.name, self.site.zone, self.person.actor, self.site.clock)

    def say(self, text: str, /, **values: object) -> str:
        return self.language.say(text, **values)

    def may(self, right: Right, district: str | None = None) -> bool:
        return may(self.person, right, district)

    def require(self, right: Right, district: str | None = None) -> None:
        """ForbiddenError unless the person may."""
        if not self.may(right, district):
            raise ForbiddenError(self.say("Your roles do not include this: {right}.", right=self.say(str(right))))

    def looked(self, account_id: str, page: str) -> None:
        """Keep that the person looked at this account."""
        looked.keep(self.site.engine, self.person.actor, account_id, page, self.site.clock())

    def url(self, path: str, /, **query: object) -> str:
        return address(self.request, path, **query)

    def page(self, template: str, /, status: int = 200, **values: object) -> HTMLResponse:
        """The whole page. What a redirect left to be said is said on it, once."""
        response = HTMLResponse(
            environment()
            .get_template(template)
            .render(**common(self.request, self.site, self.language), visit=self, **values),
            status_code=status,
        )
        if FLASH_COOKIE in self.request.cookies:
            response.delete_cookie(FLASH_COOKIE, path=self.url("/"))
        return response

    def onward(self, path: str, said: str = "", /, **query: object) -> Response:
        """After something was done: to a page of ours, where `said` is told."""
        response = RedirectResponse(self.url(path, **query), status_code=303)
        if said:
            response.set_cookie(
                FLASH_COOKIE, quote(said[:MOST_FLASH]), path=self.url("/"), httponly=True, samesite="lax"
            )
        return response


def address(request: Request, path: str, **query: object) -> str:
    """A path of ours as links name it, wherever the app is mounted; values that are None are left out."""
    asked = urlencode([(name, str(value)) for name, value in query.items() if value is not None])
    return str(request.scope.get("root_path", "")) + path + (f"?{asked}" if asked else "")


def language_of(request: Request, person: Person | None) -> Language:
    """As chosen on this device, else by the person, else by the browser."""
    chosen = request.cookies.get(LANGUAGE_COOKIE) or (person.language if person else None)
    return Language(chosen) if chosen in LANGUAGES else preferred(request.headers.get("accept-language", ""))


def common(request: Request, site: Site, language: Language) -> Mapping[str, Any]:
    """What every template knows."""
    from urllib.parse import unquote

    return {
        "_": language.say,
        "language": language,
        "zone": site.zone,
        "site": site,
        "url": lambda path, **query: address(request, path, **query),
        "here": request.scope["path"].removeprefix(request.scope.get("root_path", "")),
        "flash": unquote(request.cookies.get(FLASH_COOKIE, "")),
        "right": Right,
    }


async def form_of(request: Request) -> FormData:
    """What was posted as a form; nothing where the body is of another kind."""
    kind = request.headers.get("content-type", "")
    if request.method in READING or not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return FormData()
    return await request.form(max_fields=5000, max_files=1)


def visit_of(request: Request, form: Annotated[FormData, Depends(form_of)]) -> Visit:
    """SignInError when nobody is signed in; FormError when something is to be changed by a form that is not ours."""
    site: Site = request.app.state.site
    signed_in = site.gate.signed_in(request, site)
    if signed_in is None:
        raise SignInError("nobody is signed in")
    if request.method not in READING and not signed_in.is_program:
        given = request.headers.get("x-csrf-token") or str(form.get("csrf", ""))
        if not hmac.compare_digest(given.encode(), signed_in.csrf.encode()):
            raise FormError("the form does not carry this session's token")
    visit = Visit(request, site, signed_in, language_of(request, signed_in.person), form)
    if signed_in.person.must_change_password and not request.scope["path"].endswith(("/me", "/sign-out", "/language")):
        raise FirstPasswordError("the first password is to be changed")
    return visit


class FirstPasswordError(ArrearsError):
    """The person still has the password that was given to them."""


Here = Annotated[Visit, Depends(visit_of)]


def values(form: FormData, names: Sequence[str]) -> dict[str, str]:
    """These fields as text; what was not posted is empty."""
    return {name: str(form.get(name, "")) for name in names}
