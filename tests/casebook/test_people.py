"""Accounts and sessions on a real server: who is signed in, for how long, who is kept waiting, and what is kept of it."""

import datetime as dt
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from threading import Barrier
from typing import Literal

import pytest
from alembic import command
from alembic.config import Config
from argon2 import PasswordHasher, Type
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import looked, schema, sessions, streams
from arrears.casebook.people import STREAM, Kept
from arrears.casebook.schema import open_casebook
from arrears.domain.actor import Actor
from arrears.domain.people import Person, Right, Role, may
from arrears.errors import StaleCaseError, UsageError
from arrears.review import passwords, people
from arrears.review.people import Refused, SignedIn

AT = dt.datetime(2026, 11, 2, 6, 30, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
CHIEF = Actor("local", "chief")
PASSWORD = "three blue kettles"  # noqa: S105
ADDRESS = "10.0.0.1"
_names = count(1)
HASHER = passwords.HASHER
"""As it is outside of these tests, which use a cheap one."""


@pytest.fixture(scope="module")
def book(url: str) -> Iterator[Engine]:
    engine = open_casebook(url, "people")
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def person(*roles: Role, districts: frozenset[str] | None = None, must_change: bool = False) -> Person:
    return Person("local", f"person{next(_names)}", "Somebody", frozenset(roles), districts, "en", must_change)


def added(book: Engine, *roles: Role, must_change: bool = False) -> Kept:
    return people.add(book, person(*roles, must_change=must_change), PASSWORD, CHIEF, AT)


def sign_in(book: Engine, name: str, password: str = PASSWORD, at: dt.datetime = AT, address: str = "") -> SignedIn:
    found = people.sign_in(book, name, password, address or f"of {hash(name)}", at)
    assert isinstance(found, SignedIn), found
    return found


def refused(
    book: Engine,
    name: str,
    password: str = "wrong",  # noqa: S107
    at: dt.datetime = AT,
    address: str = "",
) -> Refused:
    found = people.sign_in(book, name, password, address or f"of {hash(name)}", at)
    assert isinstance(found, Refused)
    return found


def acts(book: Engine, actor: Actor) -> list[streams.Act]:
    with book.connect() as connection:
        return streams.history(connection, STREAM + str(actor))


def test_who_signs_in_is_the_person_until_signing_out(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    refused(book, made.subject, "\ud800\x00")
    one, two = sign_in(book, f" {made.subject.upper()}"), sign_in(book, made.subject)
    assert one.person == two.person == made
    assert one.token != two.token
    assert people.person_of(book, one.token, AT) == (made, one.csrf)
    people.sign_out(book, one.token)
    people.sign_out(book, one.token)
    assert people.person_of(book, one.token, AT) is None
    assert people.person_of(book, two.token, AT) == (made, two.csrf)


@pytest.mark.parametrize("token", ["", "x", "\x00", "'; --", "\ud800", "é" * 5000])
def test_a_token_that_nobody_has_is_nobodys(book: Engine, token: str) -> None:
    assert people.person_of(book, token, AT) is None
    people.sign_out(book, token)


def test_what_the_casebook_holds_signs_nobody_in(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    held = sign_in(book, made.subject)
    with book.connect() as connection:
        query = "SELECT token_hash FROM session WHERE subject = :subject"
        stolen = connection.execute(text(query), {"subject": made.subject}).scalar_one()
        stored = connection.execute(
            text("SELECT password_hash FROM person WHERE subject = :subject"), {"subject": made.subject}
        ).scalar_one()
    assert people.person_of(book, stolen, AT) is None
    assert stored.startswith("$argon2id$")
    assert refused(book, made.subject, stored).wait_s == 0
    assert held.csrf not in (stolen, held.token)


def test_neither_passwords_nor_tokens_are_kept_or_logged(book: Engine, caplog: pytest.LogCaptureFixture) -> None:
    sent: list[str] = []

    def saw(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        sent.append(f"{statement} {parameters}")

    event.listen(book, "before_cursor_execute", saw)
    caplog.set_level(logging.DEBUG)
    try:
        made = added(book, Role.CLERK).person
        held = sign_in(book, made.subject)
        refused(book, made.subject, "a wrong password")
        refused(book, "typed my password here")
        people.change_password(book, held.token, PASSWORD, "four green kettles", ADDRESS, AT)
    finally:
        event.remove(book, "before_cursor_execute", saw)
    told = "\n".join([*sent, caplog.text, repr(held)])
    assert made.subject in told
    for secret in (PASSWORD, "a wrong password", "typed my password", "four green kettles", held.token, held.csrf):
        assert secret not in told


def test_a_session_ends_when_idle_and_in_any_case(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    idle, busy = sign_in(book, made.subject), sign_in(book, made.subject)
    assert people.person_of(book, idle.token, AT + 30 * MINUTE - MINUTE / 60) is not None
    fresh = sign_in(book, made.subject)
    assert people.person_of(book, fresh.token, AT + 30 * MINUTE) is None
    for minutes in range(0, 720, 29):
        assert people.person_of(book, busy.token, AT + minutes * MINUTE) is not None, minutes
    assert people.person_of(book, busy.token, AT + 719 * MINUTE) is not None
    assert people.person_of(book, busy.token, AT + 720 * MINUTE) is None
    sign_in(book, made.subject, at=AT + 720 * MINUTE)
    with book.connect() as connection:
        query = text("SELECT count(*) FROM session WHERE expires_at <= :at")
        assert connection.execute(query, {"at": AT + 720 * MINUTE}).scalar_one() == 0


def test_that_a_session_is_in_use_is_kept_once_a_minute_and_read_in_one_round_trip(book: Engine) -> None:
    held = sign_in(book, added(book, Role.CLERK).person.subject)
    sent: list[str] = []

    def saw(_c: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement.split()[0])

    event.listen(book, "before_cursor_execute", saw)
    try:
        for seconds in (0, 30, 59, 60, 90, 119, 120):
            people.person_of(book, held.token, AT + dt.timedelta(seconds=seconds))
    finally:
        event.remove(book, "before_cursor_execute", saw)
    assert sent == ["SELECT"] * 4 + ["UPDATE"] + ["SELECT"] * 3 + ["UPDATE"]


def test_five_wrong_passwords_of_a_name_keep_it_waiting(book: Engine) -> None:
    name = added(book, Role.CLERK).person.subject
    for number in range(5):
        assert refused(book, name, at=AT + number * MINUTE).wait_s == 0
    waits = refused(book, name.upper(), PASSWORD, AT + 5 * MINUTE, "another address")
    assert waits == Refused(people.TOO_MANY, 600)
    assert refused(book, name, PASSWORD, AT + 15 * MINUTE - MINUTE / 60).wait_s == 1
    sign_in(book, name, at=AT + 15 * MINUTE)


def test_who_signs_in_begins_to_count_anew(book: Engine) -> None:
    name = added(book, Role.CLERK).person.subject
    for _ in range(2):
        for _ in range(4):
            assert refused(book, name).wait_s == 0
        sign_in(book, name)


def test_an_address_that_tries_many_names_is_kept_waiting(book: Engine) -> None:
    name = added(book, Role.CLERK).person.subject
    for number in range(20):
        assert refused(book, f"nobody{number}", address="10.9.9.9").wait_s == 0
    assert refused(book, name, PASSWORD, AT + MINUTE, "10.9.9.9").wait_s == 840
    sign_in(book, name, at=AT + MINUTE, address="10.9.9.8")


def test_many_attempts_at_once_count_as_many(book: Engine) -> None:
    name = added(book, Role.CLERK).person.subject
    together = Barrier(9)

    def one(number: int) -> int:
        together.wait()
        return refused(book, name, address=f"address {number}").wait_s

    with ThreadPoolExecutor(9) as pool:
        waits = list(pool.map(one, range(9)))
    assert sorted(wait > 0 for wait in waits) == [False] * 5 + [True] * 4


def test_two_sign_in_at_once(book: Engine) -> None:
    name = added(book, Role.CLERK).person.subject
    together = Barrier(4)

    def one(_: int) -> SignedIn:
        together.wait()
        return sign_in(book, name)

    with ThreadPoolExecutor(4) as pool:
        held = list(pool.map(one, range(4)))
    assert len({each.token for each in held}) == 4
    assert all(people.person_of(book, each.token, AT) for each in held)


def test_a_name_that_nobody_has_costs_the_same_work_and_is_told_the_same(
    book: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            worked.append(str(hash).rsplit("$", 2)[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Watched(1, 8, 1))
    there, closed = added(book, Role.CLERK).person, added(book, Role.CLERK)
    people.change(book, closed.person, closed.seq, CHIEF, AT, is_active=False)
    without = people.known(book, "sso", "elsewhere", "E", {Role.CLERK}, AT)
    assert without is not None
    told = [
        refused(book, there.subject),
        refused(book, "nobody-at-all"),
        refused(book, "no such: name"),
        refused(book, "\x00\ud800"),
        refused(book, "elsewhere", PASSWORD),
        refused(book, "sso:elsewhere", ""),
        refused(book, closed.person.subject, PASSWORD),
    ]
    assert told == [Refused(people.WRONG)] * 7
    assert len(worked) == 7
    assert len(set(worked)) == 1


def test_a_password_is_hashed_anew_when_the_way_changes(book: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    name = added(book, Role.CLERK).person.subject
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 16, 1))
    sign_in(book, name)
    with book.connect() as connection:
        query = text("SELECT password_hash FROM person WHERE subject = :name")
        assert "m=16,t=2,p=1" in connection.execute(query, {"name": name}).scalar_one()
    sign_in(book, name)


def test_passwords_are_hashed_as_a_server_of_ours_should() -> None:
    assert (HASHER.type, HASHER.memory_cost, HASHER.time_cost) == (Type.ID, 64 * 1024, 3)


def test_a_first_password_lets_nothing_be_done_but_change_it(book: Engine) -> None:
    made = added(book, *Role, must_change=True).person
    held, other = sign_in(book, made.subject), sign_in(book, made.subject)
    assert held.person.must_change_password
    assert not any(may(held.person, right) for right in Right)
    people.change_password(book, held.token, PASSWORD, "four green kettles", ADDRESS, AT)
    found = people.person_of(book, held.token, AT)
    assert found is not None
    assert found[0] == replace(made, must_change_password=False)
    assert people.person_of(book, other.token, AT) is None
    refused(book, made.subject)
    sign_in(book, made.subject, "four green kettles")
    assert [(act.what, act.actor) for act in acts(book, made.actor)] == [
        ("person_made", str(CHIEF)),
        ("password_set", str(made.actor)),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("not it, really", "four green kettles", "not your password"),
        (PASSWORD, PASSWORD, "is the old one"),
        (PASSWORD, "short", "12 to 200 signs"),
        (PASSWORD, "x" * 201, "12 to 200 signs"),
        (PASSWORD, "aaaaaaaaaaaabab", "repeat"),
        (PASSWORD, "{name}{name}", "the account's name"),
        (PASSWORD, "{name}12345", "the account's name"),
    ],
)
def test_a_new_password_that_will_not_do(book: Engine, old: str, new: str, said: str) -> None:
    subject = f"longer_name_{next(_names)}"
    people.add(book, replace(person(Role.CLERK), subject=subject), PASSWORD, CHIEF, AT)
    held = sign_in(book, subject)
    with pytest.raises(UsageError, match=said):
        people.change_password(book, held.token, old, new.format(name=subject), ADDRESS, AT)
    sign_in(book, subject)


def test_a_stolen_session_cannot_try_passwords_for_long(book: Engine) -> None:
    held = sign_in(book, added(book, Role.CLERK).person.subject)
    for number in range(6):
        with pytest.raises(UsageError, match="Too many" if number == 5 else "not your password"):
            people.change_password(book, held.token, f"guess {number}", "four green kettles", ADDRESS, AT)


def test_a_password_set_by_another_signs_out_and_must_be_changed(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    held = sign_in(book, made.subject)
    people.set_password(book, made.actor, "four green kettles", CHIEF, AT)
    assert people.person_of(book, held.token, AT) is None
    assert sign_in(book, made.subject, "four green kettles").person.must_change_password
    with pytest.raises(UsageError, match="no account"):
        people.set_password(book, Actor("local", "nobody"), "four green kettles", CHIEF, AT)


def test_an_account_is_made_once(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    with pytest.raises(UsageError, match="already"):
        people.add(book, made, PASSWORD, CHIEF, AT)
    with pytest.raises(UsageError, match="made when their people come"):
        people.add(book, replace(made, issuer="sso"), PASSWORD, CHIEF, AT)


def test_what_is_changed_acts_at_once_and_is_kept(book: Engine) -> None:
    made = added(book, Role.CLERK)
    held = sign_in(book, made.person.subject)
    after = replace(made.person, roles=frozenset({Role.SUPERVISOR}), districts=frozenset({"城东", "A"}))
    changed = people.change(book, after, made.seq, CHIEF, AT)
    assert (changed.person, changed.seq) == (after, 2)
    assert people.person_of(book, held.token, AT) == (after, held.csrf)
    assert people.change(book, after, 2, CHIEF, AT) == changed
    with pytest.raises(StaleCaseError, match="person changed"):
        people.change(book, made.person, 1, CHIEF, AT)
    closed = people.change(book, after, 2, CHIEF, AT, is_active=False)
    assert not closed.is_active
    assert people.person_of(book, held.token, AT) is None
    refused(book, made.person.subject, PASSWORD)
    with book.begin() as connection:  # by somebody who was at the door when it was closed
        sessions.begin(connection, people._hash("too late"), after.actor, AT, AT + 60 * MINUTE)
    assert people.person_of(book, "too late", AT) is None
    with book.begin() as connection:
        sessions.end_all(connection, after.actor)
    people.change(book, after, 3, CHIEF, AT, is_active=True)
    assert people.person_of(book, held.token, AT) is None
    sign_in(book, made.person.subject)
    found = acts(book, made.person.actor)
    assert [act.what for act in found] == ["person_made", "person_changed", "person_deactivated", "person_reactivated"]
    assert found[1].body == {
        "roles": {"before": ["clerk"], "after": ["supervisor"]},
        "districts": {"before": None, "after": ["A", "城东"]},
    }


def test_two_change_an_account_at_once_and_one_is_told(book: Engine) -> None:
    made = added(book, Role.CLERK)
    together = Barrier(3)

    def one(number: int) -> Kept | StaleCaseError:
        together.wait()
        try:
            return people.change(book, replace(made.person, name=f"Name {number}"), made.seq, CHIEF, AT)
        except StaleCaseError as stale:
            return stale

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(one, range(3)))
    assert sorted(isinstance(each, Kept) for each in said) == [False, False, True]


def test_nobody_gives_himself_rights(book: Engine) -> None:
    made = added(book, Role.OPERATOR)
    for after, is_active in (
        (replace(made.person, roles=frozenset(Role)), True),
        (replace(made.person, districts=frozenset({"A"})), True),
        (made.person, False),
    ):
        with pytest.raises(UsageError, match="himself"):
            people.change(book, after, made.seq, made.person.actor, AT, is_active=is_active)
    assert people.change(book, replace(made.person, name="Other"), 1, made.person.actor, AT).person.name == "Other"


def test_language_is_ones_own(book: Engine) -> None:
    made = added(book, Role.CLERK).person
    people.set_language(book, made.actor, "zh-CN")
    assert sign_in(book, made.subject).person.language == "zh-CN"
    with pytest.raises(UsageError, match="no language 'fr'"):
        people.set_language(book, made.actor, "fr")


def test_people_of_another_issuer(book: Engine) -> None:
    first = people.known(book, "airflow", "li@x y", "Li", {Role.CLERK}, AT)
    assert first == Person("airflow", "li@x y", "Li", frozenset({Role.CLERK}), None, "zh-CN")
    with book.connect() as connection:
        kept = people.named(connection, "airflow:li@x y")
    limited = people.change(book, replace(first, districts=frozenset({"城东"})), kept.seq, CHIEF, AT)
    assert people.known(book, "airflow", "li@x y", "Li", {Role.CLERK}, AT) == limited.person
    promoted = people.known(book, "airflow", "li@x y", "Li Er", {Role.SUPERVISOR}, AT)
    assert promoted == replace(limited.person, name="Li Er", roles=frozenset({Role.SUPERVISOR}))
    with pytest.raises(UsageError, match="come from airflow"):
        people.change(book, first, limited.seq + 1, CHIEF, AT)
    with pytest.raises(UsageError, match="no password here"):
        people.set_password(book, first.actor, "four green kettles", CHIEF, AT)
    people.change(book, promoted, limited.seq + 1, CHIEF, AT, is_active=False)
    assert people.known(book, "airflow", "li@x y", "Li Er", {Role.SUPERVISOR}, AT) is None
    assert people.known(book, "airflow", "li@x y", "Li San", {Role.SUPERVISOR}, AT) is None
    assert [act.what for act in acts(book, first.actor)] == [
        "person_made", "person_changed", "person_changed", "person_deactivated", "person_changed",
    ]  # fmt: skip


def test_the_same_person_may_come_twice_at_once(book: Engine) -> None:
    together = Barrier(4)

    def one(_: int) -> Person | None:
        together.wait()
        return people.known(book, "sso", "wang", "Wang", {Role.CLERK}, AT)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(one, range(4)))) == 1
    assert len(acts(book, Actor("sso", "wang"))) == 1


def test_the_first_account_is_made_once(url: str) -> None:
    engine = open_casebook(url, "people_first")
    people.known(engine, "airflow", "li", "Li", {Role.CLERK}, AT)
    with ThreadPoolExecutor(3) as pool:
        told = [each for each in pool.map(lambda _: people.first_account(engine, AT), range(3)) if each]
    ((name, password),) = told
    held = sign_in(engine, name, password)
    assert held.person.roles == frozenset(Role)
    assert held.person.must_change_password
    assert people.first_account(engine, AT) is None
    engine.dispose()


def test_rights_on_the_command_line_come_from_the_roles(book: Engine) -> None:
    chief = added(book, Role.CREDIT_MANAGER, Role.SUPERVISOR)
    clerk, closed = added(book, Role.CLERK), added(book, Role.SUPERVISOR)
    people.change(book, closed.person, closed.seq, CHIEF, AT, is_active=False)
    with book.connect() as connection:
        name = chief.person.subject
        assert people.rights_of(connection, name, frozenset()) == {"supervisor", "manager"}
        assert people.rights_of(connection, f"local:{name}", {"manager"}) == {"manager"}
        with pytest.raises(UsageError, match=f"as the account is kept: local:{name}"):
            people.rights_of(connection, f"local:{name.upper()}", {"manager"})
        assert people.rights_of(connection, "nobody", {"manager"}) == {"manager"}
        with pytest.raises(UsageError, match="has not director: the roles of the account give manager, supervisor"):
            people.rights_of(connection, name, {"manager", "director"})
        for each in (clerk, closed):
            for said in (frozenset[str](), frozenset({"supervisor"})):
                with pytest.raises(UsageError, match="give none"):
                    people.rights_of(connection, str(each.person.actor), said)
        with pytest.raises(UsageError, match="--right"):
            people.rights_of(connection, "nobody", frozenset())


def test_who_looked_at_whom_is_kept_for_ever(book: Engine) -> None:
    one, two = (added(book, Role.CLERK).person.actor for _ in range(2))
    for number, (actor, account) in enumerate([(one, "A1"), (two, "A1"), (one, "A2"), (one, "A1")]):
        looked.keep(book, actor, account, "case", AT + number * MINUTE)
    with book.connect() as connection:
        of_account = looked.looks(connection, account_id="A1")
        assert [each.actor for each in of_account] == [one, two, one]
        of_person = looked.looks(connection, actor=one)
        assert [(each.account_id, each.at) for each in of_person] == [
            ("A1", AT + 3 * MINUTE), ("A2", AT + 2 * MINUTE), ("A1", AT)
        ]  # fmt: skip
        assert looked.looks(connection, actor=one, before=of_person[0].looked_id, limit=1) == [of_person[1]]
        assert looked.looks(connection, account_id="A1", actor=two) == [of_account[1]]
    for statement in ("UPDATE looked SET page = 'x'", "DELETE FROM looked", "TRUNCATE looked"):
        with pytest.raises(DBAPIError, match="looked is append-only"), book.begin() as connection:
            connection.execute(text(statement))


def test_what_is_new_stays_new_while_one_reads(book: Engine) -> None:
    actor = added(book, Role.CLERK).person.actor
    seen = [looked.look_at_list(book, actor, AT + minutes * MINUTE) for minutes in (0, 10, 39, 100, 110, 200)]
    assert seen == [None, None, None, AT + 39 * MINUTE, AT + 39 * MINUTE, AT + 110 * MINUTE]


@pytest.mark.parametrize(
    "broken",
    ["issuer = 'sso'", "roles = array['king']", "language = 'fr'"],
)
def test_the_database_refuses_what_no_account_is(book: Engine, broken: str) -> None:
    made = added(book, Role.CLERK).person
    statement = f"UPDATE person SET {broken} WHERE subject = :subject"
    with pytest.raises(DBAPIError, match="_check"), book.begin() as connection:
        connection.execute(text(statement), {"subject": made.subject})


def test_a_casebook_from_before_there_were_people_gets_them_and_keeps_what_it_has(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0010")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "_migrate", as_before)
        before = open_casebook(url, "people_before")
    with before.begin() as connection:
        assert connection.execute(text("SELECT to_regclass('person')")).scalar_one() is None
        act = "INSERT INTO event VALUES ('kept', 'hold/x', 1, 'hold_entered', '{}', now(), now(), 'local:li', NULL)"
        connection.execute(text(act))
    before.dispose()
    again = open_casebook(url, "people_before")
    people.add(again, person(Role.CLERK), PASSWORD, CHIEF, AT)
    with again.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event WHERE event_id = 'kept'")).scalar_one() == 1
    again.dispose()
