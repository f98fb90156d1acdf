"""The review app: the warning list, its cases and boards, over what `review` and the casebook offer. It owns no rule."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from threading import Thread

from fastapi import FastAPI
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from arrears import __version__
from arrears.errors import ArrearsError
from arrears.review.case_rows import case_night
from arrears.settings import Settings, settings
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
from arrears.web.templates import STATIC, environment

PAGES = (sign_in, warning_list, case, me, people, looked, night, portfolio, visits, approvals, notices)
"""Modules with a `router`, in the order in which routes are tried."""

WARMED = ("list.html", "case.html", "act.html")

log = logging.getLogger(__name__)


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
    return create_app(lambda: _warmed(settings()))


@contextmanager
def _warmed(here: Settings) -> Iterator[Site]:
    """What the first clicks would wait for is read beside them: templates, and the latest night's files of cases."""
    with open_site(here, LocalGate()) as site:
        warming = Thread(target=_warm, args=(site,), name="warming")
        warming.start()
        try:
            yield site
        finally:
            warming.join()


def _warm(site: Site) -> None:
    for name in WARMED:
        environment().get_template(name)
    try:
        run = site.night()
        if run is not None:
            case_night(run, site.settings, site.lake).open()
    except ArrearsError as error:  # whoever clicks is told the same
        log.warning("the latest night's cases cannot be read yet: %s", type(error).__name__)


def mounted(gate: Gate) -> FastAPI:
    """Inside another app, whose people `gate` knows. The other app says where by its root path."""
    return create_app(lambda: open_site(settings(), gate))
