"""The review app inside Airflow, at /arrears: Airflow's own people, with the roles that it gives them."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from airflow.plugins_manager import AirflowPlugin

MOUNT = "/arrears"  # as in review_gate, which is read only when somebody opens the app

ASGI = Callable[[Any, Any, Any], Awaitable[None]]


class LazyReview:
    """Plugins are loaded by every component; only the API server needs the app, and only once somebody opens it. Airflow does
    not tell mounted apps of its start and end, so the app is begun by the first request."""

    def __init__(self) -> None:
        self._app: ASGI | None = None
        self._open = AsyncExitStack()
        self._beginning = asyncio.Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with self._beginning:
            app = self._app or await self._begin()
        await app(scope, receive, send)

    async def _begin(self) -> ASGI:
        app = importlib.import_module("arrears.web.app").mounted(importlib.import_module("review_gate").AirflowGate())
        await self._open.enter_async_context(app.router.lifespan_context(app))
        self._app = app
        return self._app


class Review(AirflowPlugin):
    name = "arrears_review"
    fastapi_apps = [{"app": LazyReview(), "url_prefix": MOUNT, "name": "Arrears review"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Arrears review",
            "href": f"{MOUNT}/",
            "destination": "nav",
            "category": "browse",
            "url_route": "arrears-review",
        }
    ]
