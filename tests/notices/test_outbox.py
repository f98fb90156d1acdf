"""Releasing, withdrawing, claiming and ending, on a real casebook."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from arrears.casebook import claims, outbox, store
from arrears.domain.delivery import Act, State, Way
from arrears.domain.identity import digest
from arrears.domain.notice import NoticeKind
from arrears.domain.run import RunKind
from arrears.errors import TooManyFailuresError
from arrears.notices.channels.carrier import Handed
from arrears.notices.send import send, settle_unanswered
from tests.casebook.nights import run_of
from tests.notices.outbox import AS_OF, LEASE, MORNING, At, contact, draft, notice_of, one, release, rules, states
from tests.notices.providers import Provider

MAIL = rules().ways[Way.EMAIL]


def deliveries(engine: Engine) -> str:
    return str(one(engine, "SELECT string_agg(way || ' ' || state, ', ' ORDER BY notice_id, attempt) FROM delivery"))


def log(engine: Engine, notice_id: str) -> str:
    query = f"SELECT string_agg(type || ' by ' || actor, ', ' ORDER BY seq) FROM event WHERE stream_id = 'notice/{notice_id}'"
    return str(one(engine, query))


def test_release_plans_each_way_once_and_releasing_again_changes_nothing(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    plans = {notice_id: [contact(Way.EMAIL, "a@example.com"), contact(Way.LETTER, "Street 1")]}
    assert outbox.release(engine, plans, MORNING, "local:anna", "asked for") == ([notice_id], [])
    assert outbox.release(engine, plans, MORNING, "local:anna") == ([], [])
    assert (deliveries(engine), states(engine)) == ("email released, letter planned", {"released": 1})
    assert log(engine, notice_id) == "notice_release by local:anna"


def test_who_cannot_be_reached_is_told_and_not_forgotten(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    assert outbox.release(engine, {notice_id: []}, MORNING, "policy") == ([], [notice_id])
    assert states(engine) == {"failed": 1}
    assert one(engine, "SELECT body ->> 'why' FROM event WHERE type = 'notice_refuse'") == (
        "there is no address that may be used"
    )


def test_a_shadow_s_draft_cannot_be_released_by_anybody(engine: Engine, source: str) -> None:
    run = run_of(source, AS_OF, RunKind.BACKFILL)
    store.record_run(engine, run)
    notice = notice_of("a")
    with engine.begin() as connection:
        store.write_notices(connection, "shadow", run, [notice])
    plans = {notice.notice_id: [contact(Way.EMAIL, "a@example.com")]}
    assert outbox.release(engine, plans, MORNING, "policy") == ([], [])
    for query in (
        "UPDATE notice SET state = 'released'",
        "INSERT INTO delivery (timeline, notice_id, attempt, way, address, state, not_before) "
        "SELECT 'shadow', notice_id, 1, 'email', 'a@example.com', 'released', now() FROM notice",
    ):
        with pytest.raises(IntegrityError, match="_live_check"), engine.begin() as connection:
            connection.execute(text(query))


def test_a_notice_is_on_one_way_at_a_time_and_on_each_once(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    release(engine, [notice_id], Way.EMAIL, Way.SMS)
    for name, query in (
        ("delivery_one_at_a_time", "UPDATE delivery SET state = 'released'"),
        (
            "delivery_notice_id_way_key",
            "INSERT INTO delivery (notice_id, attempt, way, address, state, not_before) "
            "SELECT notice_id, 3, 'email', address, 'planned', now() FROM delivery WHERE attempt = 1",
        ),
    ):
        with pytest.raises(IntegrityError, match=name), engine.begin() as connection:
            connection.execute(text(query))


def test_what_is_withdrawn_does_not_leave_and_what_left_is_not_withdrawn(engine: Engine, source: str) -> None:
    early, late, gone = draft(engine, source, ["a", "b", "c"])
    release(engine, [late, gone], Way.EMAIL, Way.SMS)
    assert outbox.end(engine, Act.WITHDRAW, {early: "paid", late: "paid"}, MORNING, "policy") == sorted([early, late])
    provider = Provider()
    assert send(engine, {Way.EMAIL: provider}, rules(), At()).count(State.SENT) == 1
    assert provider.taken == [f"{gone}.1"]
    assert outbox.end(engine, Act.WITHDRAW, {gone: "paid"}, MORNING, "policy") == []
    assert states(engine) == {"withdrawn": 2, "sent": 1}
    assert (
        one(engine, f"SELECT string_agg(DISTINCT state, ', ') FROM delivery WHERE notice_id = '{late}'") == "withdrawn"
    )


def test_what_is_claimed_waits_for_its_sender_and_then_for_the_next(engine: Engine, source: str) -> None:
    ids = draft(engine, source, ["a", "b"])
    release(engine, ids)
    first = claims.claim(engine, MAIL, MORNING)
    assert first is not None
    assert len(first.parcels) == 2
    assert claims.claim(engine, MAIL, MORNING) is None
    assert outbox.end(engine, Act.WITHDRAW, dict.fromkeys(ids, "paid"), MORNING, "policy") == [], "it may be on its way"
    begun = claims.turn(engine, first.claim, [], first.parcels[:1], MORNING)
    assert claims.reclaim(engine, Way.EMAIL, MORNING + LEASE / 2) == []
    after = MORNING + LEASE
    assert claims.turn(engine, first.claim, [], first.parcels[1:], after) == (), "who is late may not begin"
    (unanswered,) = claims.reclaim(engine, Way.EMAIL, after)
    assert (unanswered.parcel.key, unanswered.claim) == (begun[0].key, first.claim)
    assert claims.turn(engine, first.claim, [], first.parcels[1:], MORNING) == (), "nor who was taken it from"
    again = claims.claim(engine, MAIL, after)
    assert again is not None
    assert [each.key for each in again.parcels] == [first.parcels[1].key]


def test_what_a_sender_says_of_what_was_taken_from_it_counts_no_more(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    release(engine, [notice_id])
    old = claims.claim(engine, MAIL, MORNING)
    assert old is not None
    claims.turn(engine, old.claim, [], old.parcels, MORNING)
    settle_unanswered(engine, Provider(knows=lambda _: False), MAIL, MORNING + LEASE)
    new = claims.claim(engine, MAIL, MORNING + LEASE)
    assert new is not None
    late = [claims.Ended(notice_id, 1, Act.REFUSE, "550")]
    claims.turn(engine, old.claim, late, (), MORNING + LEASE)
    assert states(engine) == {"sending": 1}
    claims.turn(engine, new.claim, [claims.Ended(notice_id, 1, Act.ACCEPT)], (), MORNING + LEASE)
    assert states(engine) == {"sent": 1}


def test_what_a_sender_says_stands_in_the_record_under_the_id_that_every_event_has(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    release(engine, [notice_id])
    send(engine, {Way.EMAIL: Provider([Handed(Act.DEFER, "450 later")])}, rules(), At())
    stream = f"notice/{notice_id}"
    with engine.connect() as connection:
        query = "SELECT seq, event_id, type, actor, body FROM event WHERE stream_id = :stream ORDER BY seq"
        told = connection.execute(text(query), {"stream": stream}).all()
    assert [(row.seq, row.event_id) for row in told] == [(seq, digest(stream, str(seq))) for seq in (1, 2)]
    assert told[1][2:] == ("notice_defer", "sender", {"way": "email", "attempt": 1, "why": "450 later"})


@pytest.mark.parametrize(
    ("knows", "found"), [(True, "sent"), (False, "sent"), (None, "in_doubt")], ids=["taken", "not taken", "cannot tell"]
)
def test_what_was_begun_and_not_ended_is_asked_about(
    engine: Engine, source: str, knows: bool | None, found: str
) -> None:
    release(engine, draft(engine, source, ["a"]))
    left = claims.claim(engine, MAIL, MORNING)
    assert left is not None
    claims.turn(engine, left.claim, [], left.parcels, MORNING)
    careful = rules(in_doubt="person")
    provider, at = Provider(knows=lambda _: knows), At(MORNING + LEASE)
    send(engine, {Way.EMAIL: provider}, careful, at)
    assert states(engine) == {found: 1}
    assert len(provider.taken) == (knows is False)


def test_a_person_says_what_became_of_what_is_in_doubt(engine: Engine, source: str) -> None:
    ids = draft(engine, source, ["a", "b"])
    release(engine, ids, Way.EMAIL, Way.SMS)
    lost = Provider([Handed(Act.LOSE), Handed(Act.LOSE)])
    send(engine, {Way.EMAIL: lost}, rules(in_doubt="person"), At())
    assert states(engine) == {"in_doubt": 2}
    keys = [f"{each}.1" for each in ids]
    assert outbox.report(engine, Act.ACCEPT, {keys[0]: "seen in the log"}, MORNING, "local:anna") == keys[:1]
    assert outbox.report(engine, Act.DEFER, {keys[1]: "not there"}, MORNING, "local:anna") == keys[1:]
    provider = Provider()
    send(engine, {Way.EMAIL: provider}, rules(), At())
    assert (provider.taken, states(engine)) == (keys[1:], {"sent": 2})


def test_what_comes_back_goes_the_next_way_once(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"])
    release(engine, [notice_id], Way.EMAIL, Way.SMS)
    send(engine, {Way.EMAIL: Provider()}, rules(), At())
    key = f"{notice_id}.1"
    assert outbox.report(engine, Act.ARRIVE, {key: "read"}, MORNING, "receipt") == [key]
    assert states(engine) == {"delivered": 1}
    for changed in ([key], []):
        assert outbox.report(engine, Act.BOUNCE, {key: "mailbox full"}, MORNING, "receipt") == changed
    assert (deliveries(engine), states(engine)) == ("email returned, sms released", {"released": 1})
    assert outbox.report(engine, Act.ARRIVE, {key: "read"}, MORNING, "receipt") == [], "too late"
    send(engine, {Way.SMS: Provider()}, rules(), At())
    assert states(engine) == {"sent": 1}
    assert outbox.report(engine, Act.BOUNCE, {"unknown.1": "?", "no key": "?"}, MORNING, "receipt") == []


def test_an_address_that_is_given_up_makes_room_for_the_next_way(engine: Engine, source: str) -> None:
    both, last = draft(engine, source, ["a", "b"])
    release(engine, [both], Way.EMAIL, Way.SMS, Way.LETTER)
    release(engine, [last], Way.EMAIL)
    outbox.drop_ways(engine, [(both, 1), (both, 2), (last, 1)], MORNING)
    assert one(
        engine,
        f"SELECT string_agg(way || ' ' || state, ', ' ORDER BY attempt) FROM delivery WHERE notice_id = '{both}'",
    ) == ("email withdrawn, sms withdrawn, letter released")
    assert states(engine) == {"released": 1, "failed": 1}


def test_an_hour_has_room_for_so_many(engine: Engine, source: str) -> None:
    release(engine, draft(engine, source, [f"account {number}" for number in range(7)]))
    few, at, provider = rules(per_hour=3, batch=2), At(), Provider()
    counts = []
    for _ in range(4):
        send(engine, {Way.EMAIL: provider}, few, at)
        counts.append(len(provider.taken))
        at.later(minutes=40)
    assert counts == [3, 3, 6, 6]


def test_outside_of_contact_hours_nothing_leaves(engine: Engine, source: str) -> None:
    release(engine, draft(engine, source, ["a"]))
    office = rules(opens=dt.time(10), closes=dt.time(12))
    provider, at = Provider(), At()
    assert send(engine, {Way.EMAIL: provider}, office, at).closed == [Way.EMAIL]
    at.later(hours=1)
    assert send(engine, {Way.EMAIL: provider}, office, at).count(State.SENT) == 1


def test_a_way_stops_when_too_many_fail_and_goes_on_when_that_is_past(engine: Engine, source: str) -> None:
    release(engine, draft(engine, source, [f"account {number}" for number in range(40)]))
    strict = replace(rules(), failure_share=0.2, failures_after=10)
    provider, at = Provider([Handed(Act.REFUSE, "550")] * 30), At()
    (error,) = send(engine, {Way.EMAIL: provider}, strict, at).stopped
    assert isinstance(error, TooManyFailuresError)
    assert "email: 10 of the last hour's 10 deliveries failed, more than 20%" in str(error)
    assert states(engine) == {"failed": 10, "released": 30}
    assert send(engine, {Way.EMAIL: provider}, strict, at).counts == {}, "asked again it sends nothing"
    provider.answers.clear()
    at.later(minutes=61)
    assert send(engine, {Way.EMAIL: provider}, strict, at).count(State.SENT) == 30


def test_several_senders_at_once_send_each_once(engine: Engine, source: str) -> None:
    ids = draft(engine, source, [f"account {number}" for number in range(60)])
    release(engine, ids)
    providers = [Provider() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda each: send(engine, {Way.EMAIL: each}, rules(batch=4), At()), providers))
    assert sorted(key for each in providers for key in each.taken) == sorted(f"{each}.1" for each in ids)
    assert sum(bool(each.taken) for each in providers) > 1
    assert states(engine) == {"sent": 60}


def test_every_kind_can_be_kept_in_every_state_that_the_table_names(engine: Engine, source: str) -> None:
    (notice_id,) = draft(engine, source, ["a"], NoticeKind.STOP_NOTICE)
    with engine.begin() as connection:
        for state in State:
            if state is not State.PLANNED:
                connection.execute(text(f"UPDATE notice SET state = '{state}' WHERE notice_id = '{notice_id}'"))
