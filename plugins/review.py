"""The review app inside Airflow, at /arrears: Airflow's own people, with the roles that it gives them."""

import asyncio
import hmac
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from hashlib import sha256
from typing import Any

from airflow.plugins_manager import AirflowPlugin

MOUNT = "/arrears"

ROLES = {
    "viewer": ("auditor",),
    "user": ("clerk",),
    "op": ("operator",),
    "admin": ("supervisor", "operator"),
}
"""What Airflow's roles are here; districts are given by `arrears people change`."""

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
        app = importlib.import_module("arrears.web.app").mounted(AirflowGate())
        await self._open.enter_async_context(app.router.lifespan_context(app))
        self._app = app
        return self._app


class AirflowGate:
    """`airflow.api_fastapi.core_api.security` is not declared public: this is the only place that knows it."""

    is_ours = False

    def signed_in(self, request: Any, site: Any) -> Any:
        from airflow.api_fastapi.app import get_auth_manager

        gate = importlib.import_module("arrears.web.gate")
        held = _bearer(request)
        token = held or request.cookies.get("_token")
        if not token:
            return None
        user = _user_of(get_auth_manager(), token)
        if user is None:
            return None
        roles = ROLES.get(str(getattr(user, "role", "") or "").lower(), ())
        name = str(user.get_id())
        csrf = hmac.new(_secret(), f"arrears review {name}".encode(), sha256).hexdigest()
        return gate.vouched_for(site, "airflow", name, str(user.get_name()), roles, csrf, is_program=bool(held))

    def sign_in_url(self, _request: Any, onward: str) -> str:
        from airflow.api_fastapi.app import get_auth_manager

        return str(get_auth_manager().get_url_login(next_url=MOUNT + onward))


def _bearer(request: Any) -> str | None:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else None


def _user_of(manager: Any, token: str) -> Any:
    """None where the token is not, or no longer, good. Called in a thread of the server's own loop."""
    from anyio import from_thread
    from jwt import InvalidTokenError

    try:
        return from_thread.run(manager.get_user_from_token, token)
    except InvalidTokenError:
        return None


def _secret() -> bytes:
    from airflow.configuration import conf

    return str(conf.get("api", "secret_key")).encode()


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
