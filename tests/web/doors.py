"""The table of doors: every route of the app with what it takes to open it, as a request that changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arrears.domain.people import Person, Right, may

OPEN = frozenset({200, 303, 409, 422})
"""A door that is open may still say that the form is not as it should be, or that the case does not allow it now."""


@dataclass(frozen=True)
class Door:
    """A request that changes nothing. `right`: what it takes, None: to be signed in. `lies`: what it is about lies in the
    account's district; to whom may not look there it is as if it were not: `hidden`."""

    path: str
    right: Right | None = None
    form: Mapping[str, Any] = field(default_factory=dict)
    lies: bool = False
    hidden: int = 404
    opened: frozenset[int] = OPEN

    def expected(self, person: Person, district: str) -> frozenset[int]:
        if self.right is None:
            return self.opened
        if self.lies and not may(person, Right.READ, district):
            return frozenset({self.hidden} if may(person, Right.READ) else {self.hidden, 403})
        allowed = may(person, self.right, district if self.lies else None)
        return self.opened if allowed else frozenset({403})


OK, TYPED_WRONG = frozenset({200}), frozenset({422})
DOORS: Mapping[str, Door] = {
    "GET /": Door("/"),
    "GET /export.{kind}": Door("/export.csv", Right.EXPORT, opened=OK),
    "GET /case/{account_id}": Door("/case/{account}", Right.READ, lies=True, opened=OK),
    "GET /case/{account_id}/letter/{notice_id}/{channel}": Door(
        "/case/{account}/letter/{notice}/email", Right.READ, lies=True, opened=OK
    ),
    "GET /me": Door("/me", opened=OK),
    "POST /me": Door("/me", form={"act": "password"}, opened=TYPED_WRONG),
    "POST /language": Door("/language", form={"language": "fr"}),
    "GET /people": Door("/people", Right.MANAGE_PEOPLE, opened=OK),
    "GET /people/add": Door("/people/add", Right.MANAGE_PEOPLE, opened=OK),
    "POST /people/add": Door("/people/add", Right.MANAGE_PEOPLE, {"step": "do"}, opened=TYPED_WRONG),
    "GET /people/change": Door("/people/change?who={who}", Right.MANAGE_PEOPLE, opened=OK),
    "POST /people/change": Door("/people/change?who={who}", Right.MANAGE_PEOPLE, {"step": "do"}, opened=TYPED_WRONG),
    "POST /people/password": Door("/people/password?who={nobody}", Right.MANAGE_PEOPLE, opened=frozenset({404})),
    "GET /looked": Door("/looked", Right.READ_LOOKED, opened=OK),
    "GET /night": Door("/night", Right.READ_NIGHT, opened=OK),
    "GET /portfolio": Door("/portfolio", Right.READ_PORTFOLIO, opened=OK),
    "GET /visits": Door("/visits", Right.READ, opened=OK),
    "GET /approvals": Door("/approvals", Right.READ, opened=OK),
    "GET /notices": Door("/notices", Right.READ, opened=OK),
    "GET /notices/{notice_id}": Door("/notices/{notice}", Right.READ, lies=True, opened=OK),
    "POST /notices/act": Door(
        "/notices/act", Right.NOTICES, {"act": "release", "id": "{notice}", "step": "preview"}, lies=True, opened=OK
    ),
    "POST /approvals/act": Door(
        "/approvals/act", Right.APPROVE, {"act": "approve", "id": "{request}", "step": "preview"}, lies=True, hidden=409,
        opened=OK,
    ),
    "POST /approvals/credit": Door(
        "/approvals/credit", Right.CREDIT, {"act": "check", "id": "{credit}", "seq": "1", "step": "preview"}, lies=True,
        opened=OK,
    ),
    "GET /visits/slip": Door("/visits/slip?account={account}", Right.READ, lies=True, opened=OK),
    "GET /api/v1/me": Door("/api/v1/me", Right.USE_API, opened=OK),
}  # fmt: skip
BY_HAND = {
    "GET /night/quarantine": "rows_aside", "GET /night/quarantine/{quarantine_id}": "rows_aside",
    "POST /night/quarantine/act": "rows_aside", "POST /list/act": "many", "POST /sign-out": "signed in",
    "GET /case/{account_id}/act/{name}": "acts", "POST /case/{account_id}/act/{name}": "acts",
    "GET /api/v1/warnings": "interface", "GET /api/v1/accounts/{account_id}": "interface",
    "POST /api/v1/accounts/{account_id}/acts/{name}": "interface",
}  # fmt: skip
"""Routes of tests of their own below."""
FOR_ANYBODY = {
    "GET /sign-in", "POST /sign-in", "GET /healthy", "GET /favicon.ico", "GET /api/v1/openapi.json",
}  # fmt: skip

OF_ONESELF = {"GET /me", "POST /me", "POST /language", "POST /sign-out"}
