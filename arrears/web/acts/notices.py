"""What a person does with a notice: let it leave, keep it from leaving, send it once more."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import Row

from arrears.casebook import outbox_read
from arrears.domain.delivery import State
from arrears.domain.people import Right
from arrears.errors import StaleCaseError, UsageError
from arrears.nights import letters
from arrears.nights.letters import RELEASABLE, RESENDABLE, WITHDRAWABLE
from arrears.review.history_words import NOTICES, STATES, word
from arrears.web.acts.act import NOTE, WHY, Act, Target, Values, Work, only


def _in(states: Collection[State]) -> Callable[[Work], Sequence[Target]]:
    def targets(work: Work) -> Sequence[Target]:
        return tuple(_target(work, each) for each in work.file.live.notices if State(each.state) in states)

    return targets


def _target(work: Work, row: Row[Any]) -> Target:
    """A notice's changes are the moves that it made."""
    kind, state = word(NOTICES, row.kind, work.language), word(STATES, row.state, work.language)
    moves = work.file.live.events.get(f"notice/{row.notice_id}", ())
    label = work.say(
        "{notice} ({state}), {amount}", notice=kind, state=state, amount=work.visit.language.amount(row.total_amount)
    )
    return Target(row.notice_id, label, len(moves))


def _state(work: Work, target: Target) -> State:
    return next(State(each.state) for each in work.file.live.notices if each.notice_id == target.of)


def _releasing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    told = [work.say("The next dispatch sends it to the customer: {what}.", what=target.label)]
    if _state(work, target) is State.IN_DOUBT:
        told.append(work.say("It may have been sent already: release it only once you know that it was not."))
    else:
        told.append(
            work.say("Before that it is checked once more: what is paid by then, or is too old, does not leave.")
        )
    return told


def _release(work: Work, target: Target, values: Values) -> str:
    site = work.visit.site
    listed = outbox_read.notice_named(site.engine, target.of)
    done = letters.release(site.name, site.engine, [listed], work.at, work.actor, values["why"])
    if done.superseded:
        raise UsageError(work.say("It says what is no longer so, and was withdrawn; the next night writes anew."))
    if done.expired:
        raise UsageError(work.say("It is too old to leave, and has expired."))
    if done.unreachable:
        raise UsageError(work.say("There is no address that may be used; the notice has failed."))
    if not done.released:
        raise StaleCaseError(work.say("Somebody was first: the notice is no draft any more."), ())
    if listed.state is State.IN_DOUBT:
        return work.say("It goes out again with the next dispatch.")
    return work.say("The notice is released.")


def _withdrawing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (work.say("It will never leave: {what}.", what=target.label),)


def _withdraw(work: Work, target: Target, values: Values) -> str:
    engine = work.visit.site.engine
    listed = outbox_read.notice_named(engine, target.of)
    if not letters.withdraw(engine, [listed], work.at, work.actor, values["why"]):
        raise StaleCaseError(work.say("Too late: the notice is on its way."), ())
    return work.say("The notice is withdrawn.")


def _resending(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say(
            "A copy with the same words will be made, and leaves with the next dispatch: {what}.", what=target.label
        ),
    )


def _resend(work: Work, target: Target, values: Values) -> str:
    site = work.visit.site
    listed = outbox_read.notice_named(site.engine, target.of)
    letters.resend(site.name, site.engine, listed, work.at, work.actor, values["why"])
    return work.say("A copy of the notice is released.")


ACTS = (
    Act("release", "Release", Right.NOTICES, _in(RELEASABLE), only(NOTE), _releasing, _release, is_grave=True),
    Act("withdraw", "Withdraw", Right.NOTICES, _in(WITHDRAWABLE), only(WHY), _withdrawing, _withdraw),
    Act("resend", "Send once more", Right.NOTICES, _in(RESENDABLE), only(WHY), _resending, _resend),
)
