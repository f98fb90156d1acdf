"""What a live night does in cases of the law: it opens those of which a demand was delivered, proposes, takes up what people
approved and the outbox delivered, orders what may be done, ends what is paid, and names what is due or has lapsed. It approves
nothing."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, Engine

from arrears.casebook import approvals, case_notices, decisions, law_cases, read, store
from arrears.casebook.law_cases import DeliveredDemand
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.approval import Verdict
from arrears.domain.decision import DecisionState
from arrears.domain.law import acts
from arrears.domain.law import field as orders
from arrears.domain.law.acts import RUN, BarredError, View, asked
from arrears.domain.law.answer import duty
from arrears.domain.law.case import MAIN, Channel, Measure, State, Step
from arrears.domain.law.opens import is_void
from arrears.domain.law.record import Answered, Entry, FieldAnswer, Ordered, Record, Task
from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import CasebookError, PolicyError, UsageError
from arrears.review.law_facts import Known
from arrears.review.law_service import take_up
from arrears.review.lawful import LawDesk, look, proposed

STAGE = "law"
TOLD = 5
WHY = "the policy proposes disconnection"

DeskOf = Callable[[], LawDesk]
"""The night's desk: its law, at its own instant. PolicyError when there is none."""


@dataclass(slots=True)
class Told:
    """What the receipt says."""

    counts: Counter[str] = field(default_factory=Counter)
    names: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def name(self, what: str, whom: str) -> None:
        self.names.setdefault(what, []).append(whom)

    @property
    def remarks(self) -> tuple[str, ...]:
        counted = [f"{what}: {number:,}" for what, number in sorted(self.counts.items()) if number]
        for what, whom in sorted(self.names.items()):
            more = f" and {len(whom) - TOLD} more" if len(whom) > TOLD else ""
            counted.append(f"{what}: {', '.join(whom[:TOLD])}{more}")
        left = len(self.notes) - TOLD
        return (*counted, *self.notes[:TOLD], *([f"and {left} more that are no service"] if left > 0 else []))


def law(run: Run, desk_of: DeskOf, engine: Engine) -> Receipt:
    """Rows in are open cases and accounts for which the policy proposes one; rows out those in which something was done. All in
    one transaction; a night that is done gives its stored receipt. Backfills and dry runs touch no case."""
    if run.kind is not RunKind.NIGHTLY:
        return Receipt(STAGE, run.run_key, 0, 0, remarks=("only a live night acts in cases",))
    with engine.begin() as connection:
        lock(connection, f"casebook of {run.source}")
        stored = read.receipt_of(connection, run, STAGE)
        if stored is not None:
            return stored
        nights = [night.run for night in read.nights(connection, LIVE)]
        if all(night.run_key != run.run_key for night in nights) and (not nights or nights[-1].as_of < run.as_of):
            raise CasebookError(f"the night of {run.as_of} is not folded yet: it acts in no case")
        if nights[-1].run_key != run.run_key:
            return Receipt(STAGE, run.run_key, 0, 0, remarks=(f"nothing is done: live stands at {nights[-1].as_of}",))
        receipt = _law(connection, run, desk_of)
        store.write_receipt(connection, run, receipt)
    return receipt


def _law(connection: Connection, run: Run, desk_of: DeskOf) -> Receipt:
    records = law_cases.cases(connection, lock=True)
    wanted = _wanted(connection)
    standing = {each.case.claim.account_id for each in records if each.case.claim.measure is Measure.DISCONNECTION}
    without = sorted(wanted - standing)
    rows = len(records) + len(without)
    if not rows:
        return Receipt(STAGE, run.run_key, 0, 0)
    try:
        desk = desk_of()
    except PolicyError as error:
        return Receipt(
            STAGE, run.run_key, rows, 0, rows_repeated=rows, remarks=(f"nothing is done in any case: {error}",)
        )
    told = Told()
    arrived = case_notices.arrived(connection, run.known_at)
    returned = case_notices.came_back(connection, [each.case.case_id for each in records])
    delivered = law_cases.delivered_demands(connection, without, run.known_at)
    known = desk.known_of(run, {*delivered, *(each.case.claim.account_id for each in records)})
    opened = [
        record
        for account_id, served in delivered.items()
        if account_id in known and (record := _open(connection, desk, known[account_id], served, run))
    ]
    if opened:
        told.counts["opened, a demand was delivered"] = len(opened)
    if len(opened) < len(without):
        told.counts["wait for a demand to be served"] = len(without) - len(opened)
    acted = len(opened)
    for record in opened:
        _case(connection, desk, record, known[record.case.claim.account_id], True, told, run)
    for record in records:
        account_id = record.case.claim.account_id
        if record.case.changed_at > run.known_at:
            told.name("left as they are, changed since the night began", account_id)
        elif account_id not in known:
            told.name("left as they are, the night does not know the account", account_id)
        else:
            is_wanted = account_id in wanted and record.case.claim.measure is Measure.DISCONNECTION
            mine = [each for each in arrived if each.case_id == record.case.case_id]
            served, refused = take_up(connection, desk, record, known[account_id], mine, run.run_key)
            told.counts["served, as the outbox saw it delivered"] += served.seq - record.seq
            told.notes += refused
            if record.case.case_id in returned:
                served = _came_back(connection, desk, served, known[account_id], told, run)
                acted += served.seq > record.seq
                continue
            before, record = record, served
            after = _case(connection, desk, record, known[account_id], is_wanted, told, run)
            acted += after.seq > before.seq
    return Receipt(STAGE, run.run_key, rows, acted, rows_repeated=rows - acted, remarks=told.remarks)


def _wanted(connection: Connection) -> set[str]:
    """The accounts for which the policy's proposal of disconnection stands: waiting, or confirmed by a person."""
    found = [
        each
        for state in (DecisionState.WAITING, DecisionState.CONFIRMED)
        for each in decisions.in_force(connection, axis="treatment", state=state)
    ]
    return {each.proposal.account_id for each in found if each.decision.value == Measure.DISCONNECTION}


def _open(connection: Connection, desk: LawDesk, known: Known, served: DeliveredDemand, run: Run) -> Record | None:
    """A case from the instant at which its demand was delivered; None when the law sees nothing to demand then."""
    view = look(replace(desk, at=served.at), connection, None, known, Measure.DISCONNECTION)
    try:
        entry = acts.demand(view, served.channel, RUN, f"notice {served.notice_id}")
    except UsageError:
        return None
    return law_cases.begin(connection, entry, run.run_key)


def _case(
    connection: Connection, desk: LawDesk, record: Record, known: Known, is_wanted: bool, told: Told, run: Run
) -> Record:
    measure = record.case.claim.measure

    def view() -> View:
        return look(desk, connection, record, known, measure)

    def write(entries: list[Entry], what: str) -> Record:
        told.counts[what] += 1
        return law_cases.extend(connection, record, entries, run.run_key)

    now = view()
    ended = acts.due(now)
    if ended:
        return write(ended, "cancelled, nothing is left to pay")
    lapsed = _lapsed_order(record, now)
    if lapsed:
        record = write(lapsed, "orders withdrawn, their time is over")
        now = view()
    match record.case.state:
        case State.CUT:
            return _restore(record, now, known, told, write)
        case State.PROPOSED:
            refused = _refused(connection, record, now)
            if refused:
                return write(refused, "refused by a person, ended")
            if now.approval is not None and asked(now, Step.APPROVE).is_allowed:
                record = write(acts.approve(now), "approved by a person, taken up")
        case State.DEMANDED:
            if is_wanted and asked(now, Step.PROPOSE).is_allowed:
                record = proposed(desk, connection, record, now, _channel(now), WHY, run.run_key)
                told.counts["proposed, waiting for a second person"] += 1
        case State.NOTICE_SERVED | State.RENOTIFIED:
            record = _cut(record, now, known, write)
        case _:
            pass
    now = view()
    for step in MAIN:
        if step in record.case.done and is_void(now.situation, step, desk.at):
            told.name(f"lapsed, to be done again: {step}", record.case.claim.account_id)
            break
    return record


Write = Callable[[list[Entry], str], Record]


def _restore(record: Record, now: View, known: Known, told: Told, write: Write) -> Record:
    must = duty(now.situation, now.at)
    if must is None:
        return record
    by = f"{must.due_at.astimezone(now.pack.calendar.zone):%Y-%m-%d %H:%M}"
    told.name("to be restored", f"{record.case.claim.account_id} by {by}")
    if record.open_order is not None and record.open_order.task is Task.RESTORE:
        return record
    return write(orders.order_restore(now, known.place, RUN, must.clause.id), "orders to restore")


def _cut(record: Record, now: View, known: Known, write: Write) -> Record:
    """An order for the day that begins now, written once: while it waits there is no other."""
    if record.open_order is not None:
        return record
    calendar = now.pack.calendar
    tomorrow = calendar.midnight(calendar.date(now.at) + dt.timedelta(days=1))
    try:
        entries = orders.order_cut(now, known.place, RUN)
    except BarredError:
        return record
    starts = [entry.order.from_at for entry in entries if isinstance(entry, Ordered)]
    return write(entries, "orders to cut") if starts and starts[0] < tomorrow else record


def _lapsed_order(record: Record, now: View) -> list[Entry]:
    """A night's own order is for one day where the customer is told again: who was not told on that day is told of another."""
    order, calendar = record.open_order, now.pack.calendar
    if order is None or order.task is Task.RESTORE:
        return []
    is_told_again = any((each.after, each.step) == (Step.RENOTICE, Step.CUT) for each in now.situation.sequence.links)
    is_of_another_day = (
        now.stop_hour is not None
        and order.ordered_by == RUN
        and is_told_again
        and Step.RENOTICE not in record.case.done
        and calendar.date(order.from_at) < calendar.date(now.at)
    )
    if now.at < order.until_at and not is_of_another_day:
        return []
    return [Answered(order.order_id, FieldAnswer.WITHDRAWN, now.at, RUN, why="its time is over")]


def _came_back(connection: Connection, desk: LawDesk, record: Record, known: Known, told: Told, run: Run) -> Record:
    """The delivery by which the notice was served came back: a night orders nothing on it; it lapses, and is served anew."""
    told.name("notice came back after it was served, nothing is ordered", record.case.claim.account_id)
    now = look(desk, connection, record, known, record.case.claim.measure)
    entries = acts.due(now) or acts.withdraw(now, RUN, "the notice came back after it was served")
    return law_cases.extend(connection, record, entries, run.run_key)


def _refused(connection: Connection, record: Record, now: View) -> list[Entry]:
    """A refusal of what is proposed that did not reach the case."""
    found = [
        each.answer
        for each in approvals.requests(connection, account_id=record.case.claim.account_id)
        if each.request.subject.subject_id == record.case.case_id
        and each.request.subject.hash == record.case.subject_hash
        and each.answer is not None
    ]
    if not found or found[-1].verdict is not Verdict.REFUSED:
        return []
    return acts.end(now, Step.REFUSE, found[-1].by, found[-1].why)


def _channel(now: View) -> Channel:
    """How the notice is to go: by letter where the law lets it."""
    served = now.situation.sequence.channels.get(Step.NOTICE, frozenset(Channel))
    return Channel.LETTER if Channel.LETTER in served else sorted(served)[0]
