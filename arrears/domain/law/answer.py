"""What may be done in a case at an instant, what may not and why not, and what must be done by when."""

import datetime as dt
from dataclasses import dataclass

from arrears.domain.law.calendar import NoCalendarError, check_zone
from arrears.domain.law.case import BEFORE_THE_CUT, MAIN, TRANSITIONS, Case, Done, State, Step, apply
from arrears.domain.law.opens import Situation, bills, is_void, opens, overdue
from arrears.domain.law.project import earliest
from arrears.domain.law.rules import Clause
from arrears.errors import UsageError

_TABLE = "arrears/domain/law/case.py, TRANSITIONS"
_BEGINNING = dt.date(1970, 1, 1)
NOT_NEXT = Clause(
    "not-next", _TABLE, _BEGINNING, "办理进度不允许此步骤：前一步骤尚未完成或案件已终结",
    "the case does not stand where this step follows: what comes before it is not done, or the case has ended",
)  # fmt: skip
DONE_ALREADY = Clause(
    "done-already", _TABLE, _BEGINNING, "此步骤已完成且仍然有效，不得重复办理",
    "this is done and has not lapsed; it is not done twice",
)  # fmt: skip
NO_SUCH_STEP = Clause(
    "no-such-step", _TABLE, _BEGINNING, "本地规则中没有此步骤", "the law of this place does not know this step"
)
WRONG_CHANNEL = Clause(
    "wrong-channel", "the steps' channels in the pack", _BEGINNING, "此送达方式不符合规定", "by this channel it is not served"
)  # fmt: skip
PAID = Clause(
    "nothing-left", "what the case is for", _BEGINNING, "本案所列电费已结清（或全部存在争议）：案件终止",
    "nothing of what was demanded is left to pay, or all of it is disputed: the case ends",
)  # fmt: skip
HELPING = (Step.REFUSE, Step.CANCEL)
"""What ends a case before the cut is no step of a pack: it needs no leave."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not. `opens_at`: when this rule, for itself, would let the step pass; None: never while things stand as they do, or,
    with `unknown`, nobody can say."""

    clause: Clause
    opens_at: dt.datetime | None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`earliest_at`: the first lawful instant if nothing changes and the steps that are missing are done as soon as each may
    be; None: never while things stand as they do, or, with `unknown`, nobody can say, for want of a year's calendar."""

    step: Step
    refusals: tuple[Refusal, ...]
    earliest_at: dt.datetime | None
    unknown: str | None = None

    @property
    def is_allowed(self) -> bool:
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Duty:
    """A step that must be done by `due_at`, and the rule that says so."""

    step: Step
    due_at: dt.datetime
    clause: Clause


def answers(situation: Situation, at: dt.datetime) -> dict[Step, Answer]:
    """Every step of the sequence, and the ends that a person may put to it."""
    return {step: answer(situation, step, at) for step in (*situation.sequence.order, *HELPING)}


def answer(situation: Situation, step: Step, at: dt.datetime) -> Answer:
    check_zone(at, "the instant that is asked about")
    found = tuple(_refusals(situation, step, at))
    if not found:
        return Answer(step, found, at)
    if any(refusal.clause is DONE_ALREADY for refusal in found):
        return Answer(step, found, None)
    try:
        return Answer(step, found, earliest(situation, step, at))
    except NoCalendarError as unknown:
        return Answer(step, found, None, str(unknown))


def duty(situation: Situation, at: dt.datetime) -> Duty | None:
    """Restoration once everything is settled; before the cut, the end of a case whose bills are paid (or, where the law says
    so, all disputed)."""
    case = situation.case
    if case is None:
        return None
    if case.state is State.CUT:
        settled_at, restore = situation.facts.settled_at, situation.sequence.restore
        if settled_at is None:
            return None
        return Duty(Step.RESTORE, situation.calendar.end(settled_at, restore.span), restore.clause)
    if case.state in BEFORE_THE_CUT and _is_over(situation):
        return Duty(Step.CANCEL, at, PAID)
    return None


def perform(situation: Situation, event: Done) -> Case:
    """The case after a step that is lawful at its instant; UsageError with every rule that bars it."""
    check_zone(event.at, f"the instant of {event.step}")
    _check_claim(situation, event)
    found = _refusals(situation, event.step, event.at)
    channels = situation.sequence.channels.get(event.step)
    if channels is not None and event.channel not in channels:
        found.append(Refusal(WRONG_CHANNEL, None))
    if found:
        reasons = "; ".join(
            f"{each.clause.id}: {each.unknown or each.clause.en} ({each.clause.reference})" for each in found
        )
        raise UsageError(f"{event.step} of case {event.case_id} is not lawful at {event.at.isoformat()}: {reasons}")
    return apply(situation.case, event)


def _refusals(situation: Situation, step: Step, at: dt.datetime) -> list[Refusal]:
    case = situation.case
    is_listed = (case.state if case else None, step) in TRANSITIONS
    if step in HELPING:
        return [] if is_listed else [Refusal(NOT_NEXT, None)]
    if step not in situation.sequence.order:
        return [Refusal(NO_SUCH_STEP, None)]
    done = case.done if case else {}
    found = []
    if step in MAIN and step in done and not is_void(situation, step, at):
        found.append(Refusal(DONE_ALREADY, None))
    elif not is_listed:
        found.append(Refusal(NOT_NEXT, None))
    for rule in situation.sequence.rules(step):
        try:
            opens_at = opens(rule, situation, at, done)
        except NoCalendarError as unknown:
            found.append(Refusal(rule.clause, None, str(unknown)))
            continue
        if opens_at != at:
            found.append(Refusal(rule.clause, opens_at))
    return found


def _check_claim(situation: Situation, event: Done) -> None:
    """A case is judged by its own account and measure; a demand is for overdue bills, neither disputed nor held."""
    claim = situation.case.claim if situation.case else event.claim
    if claim is None:
        return
    if (claim.account_id, claim.measure) != (situation.facts.account_id, situation.sequence.measure):
        asked = f"{situation.sequence.measure} of account {situation.facts.account_id}"
        raise UsageError(
            f"case {event.case_id} is about {claim.measure} of account {claim.account_id}, not about {asked}"
        )
    may_hurt = {bill.bill_id for bill in overdue(situation, situation.calendar.date(event.at))}
    if situation.case is None and not claim.bills <= may_hurt:
        named = ", ".join(sorted(claim.bills - may_hurt))
        raise UsageError(
            f"the demand of case {event.case_id} names {named}, which is not overdue, or is disputed or held"
        )


def _is_over(situation: Situation) -> bool:
    left = [bill for bill in bills(situation) if bill.open_amount > 0]
    return not left or (situation.sequence.dispute_cancels and all(bill.is_disputed for bill in left))
