"""The review app: the warning list, its cases and boards, over what `review` and the casebook offer. It owns no rule."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from arrears import __version__
from arrears.settings import settings
from arrears.web import failures
from arrears.web.api import routes
from arrears.web.gate import Gate, LocalGate
from arrears.web.guard import Guard
from arrears.web.pages import (
    approvals,
    case,
    looked,
    me,
    night,
    notices,
    people,
    portfolio,
    sign_in,
    visits,
    warning_list,
)
from arrears.web.site import Site, open_site
from arrears.web.templates import STATIC

PAGES = (sign_in, warning_list, case, me, people, looked, night, portfolio, visits, approvals, notices)
"""Modules with a `router`, in the order in which routes are tried."""


def create_app(opening: Callable[[], AbstractContextManager[Site]]) -> FastAPI:
    """The app on the site that `opening` opens when the server starts and closes when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with opening() as site:
            app.state.site = site
            yield

    app = FastAPI(
        title="arrears",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_api_route("/healthy", lambda: {"healthy": True}, include_in_schema=False)
    app.add_api_route("/favicon.ico", lambda: RedirectResponse("static/icon.svg"), include_in_schema=False)
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False)
    app.include_router(routes.router)
    failures.handle(app)
    app.add_middleware(Guard)
    return app


def from_settings() -> FastAPI:
    """As `arrears serve` runs it."""
    return create_app(lambda: open_site(settings(), LocalGate()))


def mounted(gate: Gate) -> FastAPI:
    """Inside another app, whose people `gate` knows. The other app says where by its root path."""
    return create_app(lambda: open_site(settings(), gate))
