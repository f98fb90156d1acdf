"""Who is signed in to Airflow, for the review app inside it. Airflow's folder of plugins is where its imports look."""

import hmac
import importlib
from hashlib import sha256
from typing import Any

MOUNT = "/arrears"

ROLES = {
    "viewer": ("auditor",),
    "user": ("clerk",),
    "op": ("operator",),
    "admin": ("supervisor", "operator"),
}
"""What Airflow's roles are here; districts are given by `arrears people change`."""


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
