"""How what goes wrong is told: a page with one sentence, or JSON below /api; never a stack trace."""

import logging
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from arrears.errors import ArrearsError, CasebookError, LakeError, StaleCaseError, UsageError
from arrears.web.templates import environment
from arrears.web.visit import (
    FirstPasswordError,
    ForbiddenError,
    FormError,
    MissingError,
    SignInError,
    address,
    common,
    language_of,
)

log = logging.getLogger(__name__)

STATUS: dict[type[ArrearsError], int] = {
    SignInError: 401,
    ForbiddenError: 403,
    FirstPasswordError: 403,
    FormError: 403,
    MissingError: 404,
    StaleCaseError: 409,
    UsageError: 422,
    CasebookError: 503,
    LakeError: 503,
}

SENTENCES = {
    400: "The request cannot be read.",
    404: "There is no such page, or none that you may see.",
    405: "That page cannot be used like this.",
    413: "That is more than this page takes.",
    422: "Something in the address or in the form is not as it should be.",
    429: "Too many attempts. Wait a little.",
    500: "Something went wrong here, and was written to the log. Nothing you did was kept half.",
}


def handle(app: FastAPI) -> None:
    """Every exception has an answer."""
    app.add_exception_handler(ArrearsError, _of_ours)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _unforeseen)


def told(request: Request, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """The sentence in the form that was asked for."""
    if _is_api(request):
        title = HTTPStatus(status).phrase
        problem = {"type": "about:blank", "title": title, "status": status, "detail": sentence}
        return JSONResponse(problem, status, headers, media_type="application/problem+json")
    site = request.app.state.site
    values = common(request, site, language_of(request, None))
    page = environment().get_template("failure.html").render(**values, visit=None, status=status, sentence=sentence)
    return HTMLResponse(page, status, headers)


def _of_ours(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInError) and not _is_api(request):
        onward = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        query = request.scope["query_string"].decode("latin-1")
        where = request.app.state.site.gate.sign_in_url(request, onward + (f"?{query}" if query else ""))
        return RedirectResponse(where, status_code=303)
    if isinstance(error, FirstPasswordError) and not _is_api(request):
        return RedirectResponse(address(request, "/me"), status_code=303)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, FormError):
        language = language_of(request, None)
        return told(request, status, language.say("This form is too old. Go back, load the page again, and repeat it."))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, _route(request), type(error).__name__, exc_info=error)
    return told(request, status, str(error))


def _of_validation(request: Request, error: Exception) -> Response:
    language = language_of(request, None)
    sentence = language.say(SENTENCES[422])
    if isinstance(error, RequestValidationError) and (found := error.errors()):
        where = ".".join(str(part) for part in found[0]["loc"][1:])
        sentence += f" {where}: {found[0]['msg']}" if where else f" {found[0]['msg']}"
    return told(request, 422, sentence)


def _of_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):  # as the handler is registered
        return _unforeseen(request, error)
    sentence = SENTENCES.get(error.status_code, SENTENCES[400])
    headers = dict(error.headers) if error.headers else None
    return told(request, error.status_code, language_of(request, None).say(sentence), headers)


def _unforeseen(request: Request, error: Exception) -> Response:
    """The log names the route, not the account in its path."""
    log.error("%s %s failed", request.method, _route(request), exc_info=error)
    return told(request, 500, language_of(request, None).say(SENTENCES[500]))


def _route(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", "an unknown path"))


def _is_api(request: Request) -> bool:
    return str(request.scope["path"]).removeprefix(request.scope.get("root_path", "")).startswith("/api/")
