"""Signing in and out, what nobody may see, and what every answer carries."""

import datetime as dt

import pytest
from fastapi.testclient import TestClient

from arrears.domain.people import LOCAL, Person, Role
from arrears.review import people
from arrears.web.site import Site
from tests.web.conftest import PASSWORD, SignIn, said


@pytest.fixture(scope="module")
def clerk(site: Site) -> Person:
    person = Person(LOCAL, "clerk", "Clerk", frozenset({Role.CLERK}), None, "en", must_change_password=True)
    at = dt.datetime.now(dt.UTC)
    people.add(site.engine, person, PASSWORD, person.actor, at)
    return person


@pytest.fixture
def nobody(app_client: TestClient) -> TestClient:
    return TestClient(app_client.app, base_url="http://localhost", raise_server_exceptions=False)


def test_who_is_not_signed_in_is_led_to_the_page_and_back(nobody: TestClient) -> None:
    answer = nobody.get("/me?x=1", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?onward=%2Fme%3Fx%3D1"


def test_the_right_password_signs_in_and_the_first_one_is_to_be_changed(nobody: TestClient, clerk: Person) -> None:
    answer = nobody.post(
        "/sign-in", data={"name": "Clerk", "password": PASSWORD, "onward": "/"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert nobody.get("/", follow_redirects=False).headers["location"] == "/me"


def test_a_wrong_password_says_nothing_of_the_account(nobody: TestClient, clerk: Person) -> None:
    wrong = nobody.post("/sign-in", data={"name": "clerk", "password": "wrong"}, headers={"accept-language": "en"})
    none = nobody.post("/sign-in", data={"name": "nobody", "password": "wrong"}, headers={"accept-language": "en"})
    assert (wrong.status_code, none.status_code) == (401, 401)
    sentence = "Name and password do not fit together, or the account is closed."
    assert sentence in said(wrong)
    assert sentence in said(none)


def test_too_many_wrong_attempts_wait(nobody: TestClient) -> None:
    for _ in range(5):
        nobody.post("/sign-in", data={"name": "guessed", "password": "wrong"})
    answer = nobody.post("/sign-in", data={"name": "guessed", "password": "wrong"})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize(
    "onward", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "/a\nb"]
)
def test_onward_never_leaves_the_app(nobody: TestClient, clerk: Person, onward: str) -> None:
    answer = nobody.post(
        "/sign-in", data={"name": "clerk", "password": PASSWORD, "onward": onward}, follow_redirects=False
    )
    assert answer.headers["location"] == "/"


def test_another_site_may_not_sign_somebody_in(nobody: TestClient, clerk: Person) -> None:
    data = {"name": "clerk", "password": PASSWORD}
    assert nobody.post("/sign-in", data=data, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_out_is_out(sign_in: SignIn) -> None:
    browser = sign_in(Role.CLERK)
    assert browser.post("/sign-out", follow=False).headers["location"] == "/sign-in"
    browser.client.cookies.set("arrears_session", f"token of {browser.person.subject}")
    assert browser.client.get("/me", follow_redirects=False).status_code == 303


def test_a_form_without_the_token_does_nothing(sign_in: SignIn) -> None:
    browser = sign_in(Role.CLERK)
    assert browser.client.post("/sign-out", data={"csrf": "guessed"}).status_code == 403
    assert browser.client.post("/sign-out").status_code == 403


def test_every_answer_carries_the_policy(app_client: TestClient) -> None:
    for path in ("/sign-in", "/nowhere", "/static/style.css"):
        answer = app_client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert app_client.get("/sign-in").headers["cache-control"] == "no-store"


def test_a_body_that_is_too_large_is_refused(nobody: TestClient) -> None:
    assert nobody.post("/sign-in", data={"name": "x" * 1_100_000}).status_code == 413


def test_a_language_is_chosen_for_this_device(sign_in: SignIn) -> None:
    browser = sign_in(Role.CLERK)
    browser.post("/language", language="zh-CN", onward="/me", follow=False)
    assert browser.client.cookies.get("arrears_language") == "zh-CN"
    assert browser.post("/language", language="xx", follow=False).status_code == 303


def test_a_page_that_there_is_not(nobody: TestClient) -> None:
    answer = nobody.get("/nowhere", headers={"accept-language": "zh-CN"})
    assert answer.status_code == 404
    assert "没有这个页面" in said(answer)
