"""What people do in cases of the law. Each act takes who, when (an injected clock) and the change of the case that they saw
(`expected_seq`): it is asked of the law first, with what the latest live night knows and people entered since; whoever comes
second is told, and nothing is lost."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, Engine

from arrears.casebook import approvals, case_notices, contests, holds, law_cases
from arrears.domain import contest, hold
from arrears.domain.approval import Approval, ApprovalRules, Person, Reply, Verdict
from arrears.domain.law import acts, field
from arrears.domain.law.acts import View, subject_of
from arrears.domain.law.answer import Answer, Duty, answers, duty
from arrears.domain.law.case import Channel, Measure, Step
from arrears.domain.law.record import Entry, FieldAnswer, Record
from arrears.domain.law.rules import Pack
from arrears.domain.money import ZERO
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.review.law_facts import Entered, Known, facts, latest_night

KnownOf = Callable[[Run, Iterable[str]], Mapping[str, Known]]
"""These accounts as a night knows them; whom it does not know is left out."""


@dataclass(frozen=True, slots=True)
class LawDesk:
    """Where somebody acts: a source's casebook, who they are, the business clock, the law and the rules of approval in force,
    the stored nights, and the hour at which supply is stopped."""

    engine: Engine
    source: str
    actor: str
    at: dt.datetime
    pack: Pack
    rules: ApprovalRules
    known_of: KnownOf
    stop_hour: dt.time | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Of every step whether it may be done, and if not every rule that bars it; what must be done by when; since which night
    that is so."""

    record: Record | None
    view: View
    answers: Mapping[Step, Answer]
    duty: Duty | None
    night: Run


def why(desk: LawDesk, account_id: str, measure: Measure = Measure.DISCONNECTION) -> Why:
    with desk.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        record = law_cases.standing(connection, account_id, measure)
        known = _known(desk, connection, account_id)
        view = look(desk, connection, record if record and record.is_open else None, known, measure)
        return Why(record, view, answers(view.situation, desk.at), duty(view.situation, desk.at), known.run)


def demand(
    desk: LawDesk,
    account_id: str,
    channel: Channel,
    proof: str,
    why: str = "",
    measure: Measure = Measure.DISCONNECTION,
) -> Record:
    """A demand was served: the case opens, for the bills that are overdue by now."""
    with desk.engine.begin() as connection:
        known = _known(desk, connection, account_id)
        record = law_cases.standing(connection, account_id, measure)
        view = look(desk, connection, record if record and record.is_open else None, known, measure)
        return law_cases.begin(connection, acts.demand(view, channel, desk.actor, proof, why))


def propose(desk: LawDesk, case_id: str, channel: Channel, why: str, expected_seq: int) -> Record:
    """Ask for approval of what is owed now."""
    with desk.engine.begin() as connection:
        record, view = _locked(desk, connection, case_id, expected_seq)
        return proposed(desk, connection, record, view, channel, why)


def proposed(
    desk: LawDesk,
    connection: Connection,
    record: Record,
    view: View,
    channel: Channel,
    why: str,
    run_key: str | None = None,
) -> Record:
    """The same, of a case that the caller has locked: the step, and the request that waits for a second person."""
    entries, subject = acts.propose(view, channel, desk.actor, why)
    approvals.request(connection, subject, desk.rules, actor=desk.actor, why=why, at=desk.at)
    return law_cases.extend(connection, record, entries, run_key)


def approve(desk: LawDesk, case_id: str, rights: frozenset[str], why: str, expected_seq: int) -> Record:
    """A second person says yes to exactly what was proposed. The row of the approval is kept first, and then taken up in the
    case; when the second did not happen, the next night does it."""
    _answer(desk, case_id, rights, Verdict.APPROVED, why, expected_seq)
    with desk.engine.begin() as connection:
        record, view = _locked(desk, connection, case_id, expected_seq)
        return law_cases.extend(connection, record, acts.approve(view))


def refuse(desk: LawDesk, case_id: str, rights: frozenset[str], why: str, expected_seq: int) -> Record:
    """A second person says no: the case ends."""
    _answer(desk, case_id, rights, Verdict.REFUSED, why, expected_seq)
    return _act(desk, case_id, expected_seq, lambda view: acts.end(view, Step.REFUSE, desk.actor, why))


def serve(desk: LawDesk, case_id: str, channel: Channel, proof: str, why: str, expected_seq: int) -> Record:
    """The notice was served, by the channel that was approved."""
    return _act(desk, case_id, expected_seq, lambda view: acts.step(view, Step.NOTICE, desk.actor, why, channel, proof))


def renotify(desk: LawDesk, case_id: str, channel: Channel, proof: str, why: str, expected_seq: int) -> Record:
    """The customer was told again, shortly before."""
    return _act(
        desk, case_id, expected_seq, lambda view: acts.step(view, Step.RENOTICE, desk.actor, why, channel, proof)
    )


def beside(desk: LawDesk, case_id: str, step: Step, proof: str, why: str, expected_seq: int) -> Record:
    """What is done beside the main steps: a contact, a visit, an offer, the authority told or agreeing, a warrant."""
    return _act(desk, case_id, expected_seq, lambda view: acts.step(view, step, desk.actor, why, None, proof))


def order(desk: LawDesk, case_id: str, why: str, expected_seq: int) -> Record:
    """Send the field to cut: a row that says what, where, from and until when."""
    return _act(
        desk, case_id, expected_seq, lambda view, place: field.order_cut(view, place, desk.actor, why), is_sent=True
    )


def restore(desk: LawDesk, case_id: str, why: str, expected_seq: int) -> Record:
    """Send the field to restore, by the law's deadline."""
    return _act(
        desk, case_id, expected_seq, lambda view, place: field.order_restore(view, place, desk.actor, why), is_sent=True
    )


def answer(desk: LawDesk, case_id: str, said: FieldAnswer, why: str, expected_seq: int, paid: Decimal = ZERO) -> Record:
    """What the field answers to the order that waits, and what follows."""
    return _act(desk, case_id, expected_seq, lambda view: field.answered(view, said, desk.actor, why, paid))


def cancel(desk: LawDesk, case_id: str, why: str, expected_seq: int) -> Record:
    """End the case before the cut."""
    return _act(desk, case_id, expected_seq, lambda view: acts.end(view, Step.CANCEL, desk.actor, why))


def look(desk: LawDesk, connection: Connection, record: Record | None, known: Known, measure: Measure) -> View:
    """The case at the desk's instant, with what people entered since the night, and the approval that stands for it."""
    calendar, account_id = desk.pack.calendar, known.account_id
    entered_holds = holds.holds_of(connection, account_id)
    entered = Entered(
        (
            *hold.account_stops(entered_holds, account_id, desk.at),
            *contest.stops(contests.contests_of(connection, account_id)),
        ),
        hold.held(entered_holds, account_id, desk.at, desk.at).bill_ids,
        record.paid if record else (),
    )
    about = facts(known, entered, calendar, record.case.claim.bills if record else None)
    subject = subject_of(desk.pack, record, about, desk.at)
    approval = approvals.standing(connection, subject.subject_id, subject.hash, desk.at) if subject else None
    announced = case_notices.stop_announced(connection, record.case.case_id) if record else None
    return View(desk.pack, record, about, measure, desk.at, subject, approval, announced, desk.stop_hour)


def _act(
    desk: LawDesk,
    case_id: str,
    expected_seq: int,
    entries_of: Callable[..., Sequence[Entry]],
    *,
    is_sent: bool = False,
) -> Record:
    """In one transaction what the act makes of the case; who paid everything meanwhile ends it."""
    with desk.engine.begin() as connection:
        record = law_cases.locked(connection, case_id, expected_seq)
        known = _known(desk, connection, record.case.claim.account_id)
        measure = record.case.claim.measure
        view = look(desk, connection, record, known, measure)
        record = law_cases.extend(connection, record, entries_of(view, known.place) if is_sent else entries_of(view))
        if record.paid == (view.record.paid if view.record else ()):
            return record
        return law_cases.extend(
            connection, record, acts.due(look(desk, connection, record, known, measure), desk.actor)
        )


def _answer(desk: LawDesk, case_id: str, rights: frozenset[str], verdict: Verdict, why: str, expected_seq: int) -> None:
    """Keep the answer to the case's request. UsageError when what is asked has changed since, or the law bars the step."""
    with desk.engine.begin() as connection:
        _, view = _locked(desk, connection, case_id, expected_seq)
        if verdict is Verdict.APPROVED:
            acts.check(view, Step.APPROVE)
        found = [
            each.request
            for each in approvals.requests(connection, account_id=view.facts.account_id, is_waiting=True)
            if each.request.subject.subject_id == case_id
        ]
    if view.approval is not None and verdict is Verdict.APPROVED:
        return
    if not found or view.subject is None:
        raise UsageError(f"nothing waits for an answer in case {case_id[:12]}; propose first")
    replies = {found[0].request_id: Reply(verdict, view.subject.hash, why)}
    person = Person(desk.actor, rights)
    (said,) = approvals.answer(desk.engine, person, replies, desk.rules, desk.at).values()
    if not isinstance(said, Approval):
        raise said


def _locked(desk: LawDesk, connection: Connection, case_id: str, expected_seq: int) -> tuple[Record, View]:
    record = law_cases.locked(connection, case_id, expected_seq)
    claim = record.case.claim
    return record, look(desk, connection, record, _known(desk, connection, claim.account_id), claim.measure)


def _known(desk: LawDesk, connection: Connection, account_id: str) -> Known:
    run = latest_night(connection, desk.at)
    found = desk.known_of(run, [account_id]).get(account_id)
    if found is None:
        raise UsageError(f"{desk.source}: there is no account {account_id} as of {run.as_of}")
    return found
