"""One account as its page shows it: it says what the night says, to the cent, and what was kept says what was pulled."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from arrears.casebook.read import nights
from arrears.casebook.tables import LIVE
from arrears.casebook_stages import law_desk
from arrears.deployment import casebook_of, load_source
from arrears.domain.episode_events import ContactChannel, ContactResult
from arrears.domain.hold import HoldReason, Then
from arrears.domain.run import Run
from arrears.errors import PolicyError
from arrears.lake.lake import Lake
from arrears.review import case_facts, cases, holds
from arrears.review.case_file import CaseFile, Reading, case_file, known_of
from arrears.review.case_owed import owed
from arrears.review.case_rows import CaseNight, judged_in
from arrears.review.cases import Desk
from arrears.review.explanation import explain, explained
from arrears.review.history_words import WORDS
from arrears.review.law_facts import known_of as known_from_the_lake
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue
from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Deployment, copied_casebook

ZONE = ZoneInfo("Asia/Shanghai")
AT = dt.datetime(2026, 11, 1, 2, tzinfo=dt.UTC)
BUCKETS = {
    "current": "ageing_current_amount",
    "1-30": "ageing_1_30_amount",
    "31-60": "ageing_31_60_amount",
    "61-90": "ageing_61_90_amount",
    "91-180": "ageing_91_180_amount",
    "181-360": "ageing_181_360_amount",
    ">360": "ageing_over_360_amount",
}


@pytest.fixture(scope="module")
def deployment(stored: Deployment) -> Deployment:
    url = copied_casebook(stored.environment["ARREARS_CASEBOOK_URL"])
    return Deployment(stored.state, {**stored.environment, "ARREARS_CASEBOOK_URL": url})


@pytest.fixture(scope="module")
def reading(deployment: Deployment) -> Iterator[Reading]:
    with deployment.entered() as lake, casebook_of("demo") as engine:
        with engine.connect() as connection:
            run = nights(connection, LIVE)[-1].run
        night = CaseNight(run, settings(), lake)
        base = law_desk("demo", engine, "local:somebody", AT)
        desk = replace(base, known_of=lambda run, accounts: known_of(night, run, accounts))
        yield Reading(
            engine, night, load_catalogue(settings().sql), load_source("demo").zone, lambda at: replace(desk, at=at)
        )


def table(lake: Lake, stage: str, run: Run) -> dict[str, dict[str, Any]]:
    rows = (row for path in lake.stage(stage, run).files for row in pq.read_table(path, partitioning=None).to_pylist())
    return {row["account_id"]: row for row in rows}


def kept(reading: Reading) -> list[str]:
    return list(table(reading.night.lake, case_facts.STAGE, reading.night.run))


def file_of(reading: Reading, account_id: str, language: str = "en") -> CaseFile:
    row = reading.night.row(account_id)
    assert row is not None
    return case_file(reading, row, language, AT)


def test_it_is_kept_for_whom_the_night_warns_of_and_who_has_a_case(reading: Reading) -> None:
    signals = table(reading.night.lake, "signals", reading.night.run)
    wanted = {name for name, row in signals.items() if row["level"]}
    assert wanted
    assert set(kept(reading)) >= wanted
    with casebook_of("demo") as engine, engine.connect() as connection:
        standing = (
            connection.exec_driver_sql("SELECT account_id FROM episode WHERE state <> 'resolved'").scalars().all()
        )
    assert set(kept(reading)) == wanted | set(standing)


def test_sums_are_those_of_the_nights_own_sql_for_every_account(reading: Reading) -> None:
    features = table(reading.night.lake, "features", reading.night.run)
    signals = table(reading.night.lake, "signals", reading.night.run)
    told = 0
    for account_id in kept(reading):
        row = reading.night.row(account_id)
        assert row is not None
        found, feature = owed(row, NIGHT), features[account_id]
        assert found.open_amount == signals[account_id]["open_amount"]
        assert found.overdue_amount == signals[account_id]["overdue_amount"]
        assert found.disputed_amount == feature["disputed_amount"]
        assert found.oldest_days_past_due == (signals[account_id]["oldest_days_past_due"] or 0)
        assert {name: found.ageing[name] for name in BUCKETS} == {
            name: feature[column] for name, column in BUCKETS.items()
        }
        assert sum((bill.open_amount for bill in found.bills), Decimal(0)) == found.open_amount
        told += bool(found.open_amount)
    assert told > 5


def test_what_was_kept_is_what_was_pulled(reading: Reading) -> None:
    night = reading.night
    accounts = kept(reading)[::9]
    worked = case_facts.work_out(night.run, accounts, night.settings, night.lake)
    assert [row["account_id"] for row in worked] == sorted(accounts)
    stored = table(night.lake, case_facts.STAGE, night.run)
    assert worked == [stored[each["account_id"]] for each in worked]


def test_an_account_without_a_warning_is_worked_out_and_nobody_else_is_known(reading: Reading) -> None:
    signals = table(reading.night.lake, "signals", reading.night.run)
    calm = next(name for name in sorted(signals) if name not in set(kept(reading)))
    row = reading.night.row(calm)
    assert row is not None
    assert owed(row, NIGHT).open_amount == signals[calm]["open_amount"]


def test_nothing_is_worked_out_for_who_guesses(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_facts, "work_out", lambda *_given: pytest.fail("worked out"))
    assert reading.night.row("nobody's account") is None
    assert reading.night.row("0' OR '1'='1") is None


def test_the_law_hears_the_same_from_what_was_kept(reading: Reading) -> None:
    night, accounts = reading.night, kept(reading)
    from_the_lake = known_from_the_lake(night.run, night.settings, night.lake, accounts)
    assert known_of(night, night.run, accounts) == from_the_lake


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_reasons_are_those_that_explaining_gives(reading: Reading, language: str) -> None:
    night = reading.night
    for account_id in kept(reading)[::11]:
        row = night.row(account_id)
        assert row is not None
        judged = judged_in(row)
        assert judged is not None
        read = explained(account_id, night.rules, judged, reading.catalogue, language)
        assert read == explain(account_id, night.run, night.lake, reading.catalogue, language)


def test_the_waterfall_falls_from_the_most_to_the_points(reading: Reading) -> None:
    for account_id in kept(reading)[::11]:
        found = file_of(reading, account_id)
        assert found.waterfall is not None
        assert found.why is not None
        fall = found.waterfall
        assert fall.most - sum(each.lost for each in fall.pieces) - fall.others == fall.points
        assert fall.points == found.why.signal["points"]
        losses = [each.lost for each in fall.pieces]
        assert losses == sorted(losses, reverse=True)
        assert all(lost > 0 for lost in losses)


def test_the_law_answers_for_every_account(reading: Reading) -> None:
    for account_id in kept(reading)[::17]:
        found = file_of(reading, account_id)
        assert found.law is not None, found.law_unknown
        assert any(answer.is_allowed or answer.refusals for answer in found.law.answers.values())


def test_without_a_law_the_rest_is_shown(reading: Reading) -> None:
    def none(_at: dt.datetime) -> Any:
        raise PolicyError("policy/calendars", 1, "there is no calendar of that year")

    found = file_of(replace(reading, desk_of=none), kept(reading)[0])
    assert found.law is None
    assert "no calendar" in found.law_unknown
    assert found.owed.as_of == NIGHT


def test_the_history_has_what_people_did_the_newest_first(reading: Reading) -> None:
    account_id = next(
        name for name in kept(reading) if (case := file_of(reading, name).case) is not None and case.episode.is_open
    )
    desk = Desk(reading.engine, "demo", ZONE, law_desk_actor(), lambda: AT)
    case = cases.open_case(desk, account_id)
    cases.note(desk, case.seen, "first <b>")
    later = replace(desk, clock=lambda: AT + dt.timedelta(hours=1))
    cases.record_contact(
        later, cases.open_case(later, account_id).seen, ContactChannel.PHONE, ContactResult.REACHED, "will pay"
    )
    wanted = holds.Wanted(
        account_id, HoldReason.DISPUTE, "local:somebody", AT, AT + dt.timedelta(days=9), Then.REVIEW, ()
    )
    at = AT + dt.timedelta(hours=2)
    holds.add(reading.engine, wanted, (), actor="local:somebody", why="wrong meter", at=at)
    found = file_of(reading, account_id)
    assert [entry.kind for entry in found.history[:3]] == ["hold", "warning", "warning"]
    assert found.history[0].text == "hold (dispute) of the account until 2026-11-10 10:00 · wrong meter"
    assert found.history[0].since == AT
    assert found.history[1].text == "contact by phone: reached · will pay"
    assert found.history[2].text == "note · first <b>"
    chinese = file_of(reading, account_id, "zh-CN").history
    assert [entry.text for entry in chinese[:2]] == [
        "暂缓（争议）整户，至 2026-11-10 10:00 · wrong meter",
        "联系（电话）：已联系上 · will pay",
    ]
    assert [entry.at for entry in found.history] == sorted((entry.at for entry in found.history), reverse=True)
    assert any(entry.actor == "run" for entry in found.history)


def test_linked_accounts_are_the_customers_others(reading: Reading) -> None:
    signals = table(reading.night.lake, "signals", reading.night.run)
    seen = 0
    for account_id in kept(reading):
        who = file_of(reading, account_id).who
        others = {
            name: row
            for name, row in signals.items()
            if row["customer_id"] == signals[account_id]["customer_id"] and name != account_id
        }
        assert who.linked_accounts == len(others)
        assert {each.account_id: each.open_amount for each in who.linked} == {
            name: row["open_amount"] for name, row in others.items()
        }
        assert who.linked_open_amount == sum((row["open_amount"] for row in others.values()), Decimal(0))
        seen += bool(others)
    assert seen


def test_every_event_of_the_casebook_has_words() -> None:
    from arrears.casebook import approvals, holds
    from arrears.domain.contest import ContestAct
    from arrears.domain.decision import DecisionAct
    from arrears.domain.delivery import Act
    from arrears.domain.request import Act as RequestAct

    names = {f"contest_{each.value}" for each in ContestAct} | {f"notice_{each.value}" for each in Act}
    names |= {each.value for each in (*DecisionAct, *RequestAct)} | {holds.ENTERED, holds.ENDED}
    names |= {approvals.ASKED, approvals.SUPERSEDED, approvals.REMINDED, "approval_approved", "approval_refused"}
    assert names - set(WORDS) == set()


def law_desk_actor() -> Any:
    from arrears.domain.actor import Actor

    return Actor("local", "somebody")
