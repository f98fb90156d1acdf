"""The interface for programs: the same list, cases, acts and rights as the pages; Schemathesis sends it everything else."""

import datetime as dt
from contextlib import nullcontext
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from arrears.domain.people import Role
from arrears.errors import UsageError
from arrears.review import tokens
from arrears.web.app import create_app
from arrears.web.site import Site
from tests.drill import short_or_long
from tests.web.conftest import SignIn

ACCOUNTS = "/api/v1/accounts"
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    made = create_app(lambda: nullcontext(site))
    made.state.site = site
    return made


@pytest.fixture(scope="module")
def token(site: Site, sign_in: SignIn) -> str:
    person = sign_in(Role.SUPERVISOR, Role.OPERATOR).person
    return tokens.make(site.engine, person.subject, "the call centre", 30, person.actor, NOW)


@pytest.fixture(scope="module")
def program(app: FastAPI, token: str) -> TestClient:
    headers = {"authorization": f"Bearer {token}", "accept-language": "en"}
    return TestClient(app, raise_server_exceptions=False, headers=headers)


@pytest.fixture(scope="module")
def warned(program: TestClient) -> list[dict[str, Any]]:
    """Those with a case."""
    rows: list[dict[str, Any]] = program.get("/api/v1/warnings?size=100").json()["rows"]
    return [row for row in rows if row["episode_id"]]


@pytest.fixture(scope="module")
def of_the_interface(app: FastAPI) -> Any:
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


OPERATIONS = (
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/warnings"),
    ("GET", "/api/v1/accounts/{account_id}"),
    ("POST", "/api/v1/accounts/{account_id}/acts/{name}"),
)


def test_all_operations_are_sent_something(of_the_interface: Any) -> None:
    found = [each.ok() for each in of_the_interface.get_all_operations()]
    assert sorted((each.method.upper(), each.path) for each in found) == sorted(OPERATIONS)


@pytest.mark.parametrize(
    ("mode", "method", "path"),
    [
        (mode, *operation)
        for mode in schemathesis.GenerationMode
        for operation in OPERATIONS
        if (mode, operation)
        != (schemathesis.GenerationMode.NEGATIVE, OPERATIONS[0])  # which nothing can be wrong about
    ],
)
def test_whatever_is_sent_is_answered_as_the_description_says(
    of_the_interface: Any, token: str, method: str, path: str, mode: schemathesis.GenerationMode
) -> None:
    """What the description allows, and what it does not."""
    operation = of_the_interface[path][method]

    @settings(max_examples=short_or_long(20, 1000), deadline=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(generation_mode=mode))
    def sent(case: Any) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
        case.call_and_validate(checks=checks)

    sent()


def test_the_list_is_that_of_the_page_and_its_sums_are_those_of_the_casebook(program: TestClient, site: Site) -> None:
    found = program.get("/api/v1/warnings?size=200").json()
    with site.engine.connect() as connection:
        total, overdue = connection.exec_driver_sql(
            "SELECT count(*), sum(w.overdue_amount) FROM worklist w LEFT JOIN episode e ON e.timeline = 'live' "
            "AND e.episode_id = w.episode_id WHERE e.state IS DISTINCT FROM 'resolved'"
        ).one()
    assert (found["total"], found["overdue_amount"]) == (total, str(overdue))
    assert total > 0
    one = found["rows"][0]
    assert set(one) >= {"account_id", "seq", "level", "probability", "reasons", "expected_loss_amount"}


def test_an_outcome_is_written_once_and_whoever_is_second_is_told(
    program: TestClient, warned: list[dict[str, Any]]
) -> None:
    account = warned[0]["account_id"]
    (offer,) = [each for each in program.get(f"{ACCOUNTS}/{account}").json()["acts"] if each["name"] == "note"]
    doing = {"of": offer["of"], "seq": offer["seq"], "fields": {"why": "called, nobody there"}}
    ahead = program.post(f"{ACCOUNTS}/{account}/acts/note", json={**doing, "is_preview": True})
    assert ahead.json()["ahead"]
    done = program.post(f"{ACCOUNTS}/{account}/acts/note", json=doing)
    assert (done.status_code, bool(done.json()["said"])) == (200, True)
    again = program.post(f"{ACCOUNTS}/{account}/acts/note", json=doing)
    assert again.status_code == 409
    assert any("called, nobody there" in told for told in again.json()["later"])
    history = program.get(f"{ACCOUNTS}/{account}").json()["history"]
    assert sum("called, nobody there" in each["text"] for each in history) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({}, "why"), ({"why": "x", "colour": "red"}, "colour"), ({"why": "x" * 4001}, "why"), ({"why": "\x00"}, "why")],
)
def test_a_field_that_is_wrong_is_named(
    program: TestClient, warned: list[dict[str, Any]], fields: dict[str, str], wrong: str
) -> None:
    account = warned[1]["account_id"]
    (offer,) = [each for each in program.get(f"{ACCOUNTS}/{account}").json()["acts"] if each["name"] == "note"]
    doing = {"of": offer["of"], "seq": offer["seq"], "fields": fields}
    answer = program.post(f"{ACCOUNTS}/{account}/acts/note", json=doing)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [wrong])


def test_a_program_sees_the_districts_of_its_person_alone(
    app: FastAPI, site: Site, sign_in: SignIn, program: TestClient, warned: list[dict[str, Any]]
) -> None:
    district = warned[0]["district"]
    person = sign_in(Role.CLERK, districts=[district]).person
    own = tokens.make(site.engine, person.subject, "a report", 1, person.actor, NOW)
    client = TestClient(app, raise_server_exceptions=False, headers={"authorization": f"Bearer {own}"})
    assert {row["district"] for row in client.get("/api/v1/warnings?size=200").json()["rows"]} == {district}
    elsewhere = next(row["account_id"] for row in warned if row["district"] != district)
    assert client.get(f"{ACCOUNTS}/{elsewhere}").status_code == 404
    assert client.get(f"{ACCOUNTS}/{warned[0]['account_id']}").status_code == 200


def test_a_token_ends(app: FastAPI, site: Site, sign_in: SignIn) -> None:
    person = sign_in(Role.CLERK).person
    held = tokens.make(site.engine, person.subject, "a trial", 1, person.actor, NOW)
    client = TestClient(app, raise_server_exceptions=False, headers={"authorization": f"Bearer {held}"})
    assert client.get("/api/v1/me").json()["account"] == str(person.actor)
    assert tokens.holder(site.engine, held, NOW + dt.timedelta(days=1)) is None
    with site.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT token_hash, purpose FROM token WHERE purpose = 'a trial'").one()
    assert held not in kept[0]
    tokens.end(site.engine, kept[0][:12], NOW)
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    with pytest.raises(UsageError, match="there is no token"):
        tokens.end(site.engine, kept[0][:12], NOW)


def test_only_who_may_use_the_interface_gets_a_token(site: Site, sign_in: SignIn) -> None:
    nobody = sign_in().person
    with pytest.raises(UsageError, match="may not use the interface"):
        tokens.make(site.engine, nobody.subject, "a trial", 1, nobody.actor, NOW)


def test_a_page_s_session_needs_its_forms_token_here_too(
    app: FastAPI, sign_in: SignIn, warned: list[dict[str, Any]]
) -> None:
    browser = sign_in(Role.SUPERVISOR)
    path = f"{ACCOUNTS}/{warned[0]['account_id']}/acts/note"
    doing = {"of": "x", "seq": 1, "fields": {}}
    assert browser.client.post(path, json=doing).status_code == 403
    with_token = browser.client.post(path, json=doing, headers={"x-csrf-token": browser.csrf})
    assert with_token.status_code == 409


def test_nobody_is_told_of_a_page_by_json(app: FastAPI) -> None:
    answer = TestClient(app).get("/api/v1/warnings", headers={"authorization": "Bearer guessed"})
    assert (answer.status_code, answer.json()["status"]) == (401, 401)
