"""Signing in and out, and the language of the pages."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from arrears.review import people
from arrears.web.gate import COOKIE
from arrears.web.language import LANGUAGES
from arrears.web.site import Site
from arrears.web.templates import environment
from arrears.web.visit import LANGUAGE_COOKIE, Here, MissingError, address, common, form_of, language_of, values

router = APIRouter()


@router.get("/sign-in")
def sign_in_page(request: Request, onward: str = "/", language: str = "") -> Response:
    if not request.app.state.site.gate.is_ours:
        return RedirectResponse(address(request, "/"), status_code=303)
    if language in LANGUAGES:
        response: Response = RedirectResponse(address(request, "/sign-in", onward=_safe(onward)), status_code=303)
        return _in_language(request, response, language)
    return _page(request, onward=_safe(onward))


@router.post("/sign-in")
def sign_in(request: Request, form: Annotated[FormData, Depends(form_of)]) -> Response:
    """A form of another site may sign a victim in as somebody else: browsers say where a form came from."""
    site: Site = request.app.state.site
    language = language_of(request, None)
    if not site.gate.is_ours:
        raise MissingError(language.say("There is no such page, or none that you may see."))
    given = values(form, ("name", "password", "onward"))
    onward = _safe(given["onward"])
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return _page(request, 403, onward, given["name"], language.say("Sign in on this page itself."))
    client = request.client.host if request.client else ""
    found = people.sign_in(site.engine, given["name"], given["password"], client, dt.datetime.now(dt.UTC))
    if isinstance(found, people.Refused):
        status, headers = (429, {"retry-after": str(found.wait_s)}) if found.wait_s else (401, {})
        if found.wait_s:
            minutes = -(-found.wait_s // 60)
            said = language.say("Too many wrong attempts. Try again in {minutes} minutes.", minutes=minutes)
        else:
            said = language.say("Name and password do not fit together, or the account is closed.")
        return _page(request, status, onward, given["name"], said, headers)
    response = RedirectResponse(address(request, onward), status_code=303)
    is_https = request.url.scheme == "https"
    path = address(request, "/")
    response.set_cookie(COOKIE, found.token, path=path, httponly=True, samesite="lax", secure=is_https)
    return response


@router.post("/sign-out")
def sign_out(visit: Here) -> Response:
    token = visit.request.cookies.get(COOKIE)
    if token:
        people.sign_out(visit.site.engine, token)
    response = RedirectResponse(visit.url("/sign-in"), status_code=303)
    response.delete_cookie(COOKIE, path=visit.url("/"))
    return response


@router.post("/language")
def choose_language(visit: Here) -> Response:
    given = values(visit.form, ("language", "onward"))
    response = RedirectResponse(visit.url(_safe(given["onward"])), status_code=303)
    if given["language"] not in LANGUAGES:
        return response
    people.set_language(visit.site.engine, visit.person.actor, given["language"])
    return _in_language(visit.request, response, given["language"])


def _in_language(request: Request, response: Response, language: str) -> Response:
    response.set_cookie(LANGUAGE_COOKIE, language, path=address(request, "/"), max_age=31_536_000, samesite="lax")
    return response


def _page(
    request: Request,
    status: int = 200,
    onward: str = "/",
    name: str = "",
    refusal: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    site: Site = request.app.state.site
    shown = common(request, site, language_of(request, None))
    template = environment().get_template("sign_in.html")
    page = template.render(**shown, visit=None, onward=onward, name=name, refusal=refusal)
    return HTMLResponse(page, status, headers)


def _safe(onward: str) -> str:
    """A path of ours; nothing that a browser takes for another host."""
    is_path = onward.startswith("/") and not onward.startswith(("//", "/\\"))
    return onward if is_path and all(each >= " " and each != "\\" for each in onward) else "/"
