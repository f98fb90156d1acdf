"""One's own account: what one may do and where, the language of the pages, the password."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from arrears.domain.people import LOCAL, Right, Role
from arrears.errors import UsageError
from arrears.review import people
from arrears.web.gate import COOKIE
from arrears.web.language import LANGUAGES
from arrears.web.site import now
from arrears.web.visit import LANGUAGE_COOKIE, Here, values
from arrears.web.words import ZH

router = APIRouter()

YEAR_S = 31_536_000


@router.get("/me")
def me(visit: Here) -> Response:
    return _page(visit)


@router.post("/me")
def change(visit: Here) -> Response:
    """`act` says which of the two forms it is."""
    given = values(visit.form, ("act", "language", "old", "new", "again"))
    if given["act"] == "language":
        return _in_language(visit, given["language"])
    try:
        if given["new"] != given["again"]:
            raise UsageError("the new password was typed in two ways; type it twice the same")
        client = visit.request.client.host if visit.request.client else ""
        token = visit.request.cookies.get(COOKIE, "")
        people.change_password(visit.site.engine, token, given["old"], given["new"], client, now())
    except UsageError as error:
        sentence = str(error)
        return _page(visit, 422, visit.say(sentence) if sentence in ZH else sentence)
    return visit.onward(
        "/me", visit.say("The password is changed. Wherever else you were signed in, you are signed out.")
    )


def _in_language(visit: Here, language: str) -> Response:
    if language not in LANGUAGES:
        return _page(visit, 422, visit.say("Choose one of the languages."))
    people.set_language(visit.site.engine, visit.person.actor, language)
    response = visit.onward("/me")
    response.set_cookie(LANGUAGE_COOKIE, language, path=visit.url("/"), max_age=YEAR_S, samesite="lax")
    return response


def _page(visit: Here, status: int = 200, refusal: str = "") -> HTMLResponse:
    has_password = visit.site.gate.is_ours and visit.person.issuer == LOCAL
    return visit.page(
        "me.html",
        status,
        refusal=refusal,
        has_password=has_password,
        roles=[each for each in Role if each in visit.person.roles],
        rights=[each for each in Right if visit.may(each)],
    )
