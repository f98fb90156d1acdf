"""Taking back what a night's run did in cases of the law, where nobody acted on it since."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from arrears.casebook import approvals, law_cases
from arrears.domain.law.case import BEFORE_THE_CUT, Done, State, Step
from arrears.domain.law.record import Answered, Entry, FieldAnswer, Ordered, Record, Retracted, Stepped, Task


@dataclass(frozen=True, slots=True)
class LeftInCase:
    """What a run did in a case and stays: somebody acted on it, or it is no proposal of the night's own."""

    account_id: str
    entry: Entry


def take_back(
    connection: Connection, run_key: str, why: str, at: dt.datetime, actor: str
) -> tuple[int, tuple[LeftInCase, ...]]:
    """How many cases were taken back, and what stays. A case that the run opened is cancelled, its proposal retracted, its
    order to cut withdrawn. What it took up (what people answered, what was delivered) was done by others; what is in the
    customer's favour (a case that is paid, an order to restore) a person undoes."""
    taken_back = 0
    left: list[LeftInCase] = []
    for case_id in law_cases.touched_by(connection, run_key):
        record = law_cases.locked(connection, case_id)
        history = law_cases.by_run(connection, case_id)
        mine = [entry for entry, key in history if key == run_key]
        first = next(place for place, (_, key) in enumerate(history) if key == run_key)
        is_acted_on = any(key != run_key for _, key in history[first:]) or _is_answered(connection, record, mine)
        undone = {} if is_acted_on else _undone(record, mine, why, max(at, record.case.changed_at), actor)
        if undone:
            law_cases.extend(connection, record, [entry for found in undone.values() for entry in found])
            approvals.supersede(connection, case_id, actor=actor, why=why, at=at)
            taken_back += 1
        left += [
            LeftInCase(record.case.claim.account_id, entry) for place, entry in enumerate(mine) if place not in undone
        ]
    return taken_back, tuple(left)


def _is_answered(connection: Connection, record: Record, mine: Sequence[Entry]) -> bool:
    """The proposal has its answer, which the case did not take up yet."""
    if record.case.state is not State.PROPOSED or not any(_is_step(each, Step.PROPOSE) for each in mine):
        return False
    requests = approvals.requests(connection, account_id=record.case.claim.account_id)
    return any(
        each.answer is not None
        and each.request.subject.subject_id == record.case.case_id
        and each.request.subject.hash == record.case.subject_hash
        for each in requests
    )


def _undone(record: Record, mine: Sequence[Entry], why: str, at: dt.datetime, actor: str) -> dict[int, list[Entry]]:
    """By place in `mine`, what undoes it."""
    found: dict[int, list[Entry]] = {}
    case, waiting = record.case, record.open_order
    is_opened = any(_is_step(each, Step.DEMAND) for each in mine) and case.state in BEFORE_THE_CUT
    for place, entry in enumerate(mine):
        if isinstance(entry, Ordered) and entry.order.task is Task.CUT and waiting and _is(entry, waiting.order_id):
            found[place] = [Answered(waiting.order_id, FieldAnswer.WITHDRAWN, at, actor, why=why)]
        elif _is_step(entry, Step.PROPOSE) and case.state is State.PROPOSED:
            found[place] = [] if is_opened else [Retracted(at, actor, why)]
        elif _is_step(entry, Step.DEMAND) and is_opened:
            found[place] = [Stepped(Done(case.case_id, Step.CANCEL, at, actor, why=why))]
    return found


def _is(entry: Ordered, order_id: str) -> bool:
    return entry.order.order_id == order_id


def _is_step(entry: Entry, step: Step) -> bool:
    return isinstance(entry, Stepped) and entry.done.step is step
