"""Service of notices of a case by the outbox: what was delivered is taken up as the step that it is, and what the law does
not let leave any more is named before it leaves."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine

from arrears.casebook import case_notices, law_cases
from arrears.casebook.case_notices import STEP_OF, CaseNotice
from arrears.domain.law import acts
from arrears.domain.law.acts import RUN, View, asked
from arrears.domain.law.case import Channel, Step
from arrears.domain.law.record import Record
from arrears.domain.notice import version_of
from arrears.errors import UsageError
from arrears.review.law_facts import Known, latest_night
from arrears.review.law_letters import notice_step, renotice_step
from arrears.review.lawful import LawDesk, look

WHY = "delivered, as the outbox saw it"


def take_up(
    connection: Connection,
    desk: LawDesk,
    record: Record,
    known: Known,
    arrived: Sequence[CaseNotice],
    run_key: str | None = None,
) -> tuple[Record, list[str]]:
    """Of a case that the caller has locked: the notices that have arrived, each as a step at the instant at which it was known
    to have; and of those that are no service, why not."""
    told: list[str] = []
    for notice in arrived:
        if not _is_waited_for(connection, desk, record, notice):
            continue
        try:
            record = _served(connection, desk, record, known, notice, run_key)
        except UsageError as refused:
            told.append(f"{notice.account_id}: notice {notice.notice_id[:12]} arrived and is no service: {refused}")
    return record, told


def take_up_all(engine: Engine, desk: LawDesk) -> tuple[int, list[str]]:
    """The same of every case, now: how many steps were taken up, and what was no service."""
    with engine.connect() as connection:
        arrived = case_notices.arrived(connection, desk.at)
        if not arrived:
            return 0, []
        run = latest_night(connection, desk.at)
    known = desk.known_of(run, {each.account_id for each in arrived})
    steps = 0
    told: list[str] = []
    for case_id in dict.fromkeys(each.case_id for each in arrived):
        with engine.begin() as connection:
            record = law_cases.locked(connection, case_id)
            mine = [each for each in arrived if each.case_id == case_id and each.account_id in known]
            if mine:
                after, refused = take_up(connection, desk, record, known[mine[0].account_id], mine)
                steps, told = steps + after.seq - record.seq, [*told, *refused]
    return steps, told


def barred(engine: Engine, desk: LawDesk, notice_ids: Collection[str]) -> dict[str, str]:
    """Of notices of cases that have not left, those that may not leave at the desk's instant, each with the reason."""
    with engine.connect() as connection:
        waiting = case_notices.of_cases(connection, notice_ids)
        if not waiting:
            return {}
        known = desk.known_of(latest_night(connection, desk.at), {each.account_id for each in waiting})
        return {each.notice_id: why for each in waiting if (why := _why_not(connection, desk, each, known)) is not None}


def _why_not(connection: Connection, desk: LawDesk, notice: CaseNotice, known: Mapping[str, Known]) -> str | None:
    record = law_cases.added_up(law_cases.history(connection, notice.case_id))
    if notice.account_id not in known:
        return f"the latest night does not know account {notice.account_id}"
    if not _is_waited_for(connection, desk, record, notice):
        return "the case does not wait for it any more"
    view = look(desk, connection, record, known[notice.account_id], record.case.claim.measure)
    step = STEP_OF[notice.kind]
    try:
        _check_timely(view, notice, desk.at)
    except UsageError as refused:
        return str(refused)
    found = asked(view, step)
    if found.is_allowed:
        return None
    return "the law bars it: " + ", ".join(each.clause.id for each in found.refusals)


def _served(
    connection: Connection, desk: LawDesk, record: Record, known: Known, notice: CaseNotice, run_key: str | None
) -> Record:
    """UsageError, with the rule, for what is no service."""
    step, way = STEP_OF[notice.kind], notice.way.value if notice.way else ""
    if notice.at is None or way not in {each.value for each in Channel}:
        raise UsageError(f"the law knows no service by {way}")
    at = max(notice.at, record.case.changed_at)
    view = look(replace(desk, at=at), connection, record, known, record.case.claim.measure)
    _check_timely(view, notice, at)
    channels = view.situation.sequence.channels.get(step, frozenset())
    if Channel(way) not in channels:
        raise UsageError(f"by {view.pack.name} it is served by {', '.join(sorted(channels))}, not by {way}")
    entries = acts.step(view, step, RUN, WHY, Channel(way), notice.proof)
    return law_cases.extend(connection, record, entries, run_key)


def _is_waited_for(connection: Connection, desk: LawDesk, record: Record, notice: CaseNotice) -> bool:
    """False for what the case has done otherwise by now: served by hand, proposed anew, ordered for another day."""
    said = version_of(notice.step)[0]
    if STEP_OF[notice.kind] is Step.NOTICE:
        return said == notice_step(law_cases.history(connection, record.case.case_id))
    order = record.open_order
    return order is not None and order.from_at == notice.stop_at and said == renotice_step(order.from_at, desk.pack)


def _check_timely(view: View, notice: CaseNotice, at: dt.datetime) -> None:
    """UsageError for a notice that is too late for the dates that it names."""
    calendar = view.pack.calendar
    if notice.serve_by is not None and calendar.date(at) > notice.serve_by:
        raise UsageError(f"its dates hold when it arrives by {notice.serve_by}, not on {calendar.date(at)}")
    if STEP_OF[notice.kind] is Step.NOTICE or notice.stop_at is None:
        return
    for link in view.situation.sequence.links:
        is_told_again = (link.after, link.step) == (Step.RENOTICE, Step.CUT)
        if is_told_again and link.at_least and calendar.end(at, link.at_least) > notice.stop_at:
            stop_at = notice.stop_at.astimezone(calendar.zone)
            raise UsageError(f"it is too late to tell of a stop at {stop_at:%Y-%m-%d %H:%M}")
