"""The few calls we make to Airflow's web API, as its admin."""

import json
import urllib.error
import urllib.request
from typing import Any

from arrears.service.environment import address, admin_password
from arrears.service.processes import ServiceError
from arrears.settings import Settings

# Never through a proxy: the API is on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Api:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.base = address(settings)
        self.token: str | None = None

    def answers(self, path: str) -> bool:
        try:
            return self._send("GET", path, None)[0] == 200
        except OSError:
            return False

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, *, also: int = 200) -> Any:
        """The answer to a call that must succeed; `also` is a further status that is as good."""
        if self.token is None:
            signed_in = {"username": "admin", "password": admin_password(self.settings)}
            self.token = self._must("POST", "/auth/token", signed_in, also)["access_token"]
        return self._must(method, path, body, also)

    def _must(self, method: str, path: str, body: dict[str, Any] | None, also: int) -> Any:
        status, answer = self._send(method, path, body)
        if status not in {200, 201, also}:
            raise ServiceError(f"Airflow answers {status} to {method} {path}: {answer}")
        return answer

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        headers = {"content-type": "application/json"}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)  # noqa: S310
        try:
            with _OPENER.open(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")
