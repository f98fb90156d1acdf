"""Holds: what stops treatment of the account or of some of its bills; a dispute is a hold of a bill for that reason."""

import datetime as dt
from collections.abc import Sequence

from arrears.domain.hold import HoldReason, Then
from arrears.domain.people import Right
from arrears.domain.run import midnight
from arrears.errors import UsageError
from arrears.review import holds
from arrears.review.history_words import REASONS, word
from arrears.review.holds import FOLLOWS, Wanted
from arrears.web.acts.act import WHY, Act, Field, Target, Values, Work, only

USUAL = dt.timedelta(days=30)
"""Until when a hold is, unless somebody says another day."""
MOST_BILLS = 100
UNTIL = "The first day on which it holds no more."


def _account(work: Work) -> Sequence[Target]:
    """A hold can always be added; the person has seen how many there are."""
    return (Target("", "", _count(work)),)


def _count(work: Work) -> int:
    return sum(each.seq for each in work.file.live.holds)


def _hold_fields(work: Work, _target: Target) -> Sequence[Field]:
    reasons = tuple((each.value, word(REASONS, each.value, work.language)) for each in HoldReason)
    return (
        Field("reason", "Why treatment stops", "choice", options=reasons),
        Field(
            "bills",
            "Only these bills",
            "choices",
            is_needed=False,
            options=_bills(work),
            hint="None: the whole account.",
        ),
        *_until(work),
        WHY,
    )


def _dispute_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (Field("bills", "Bills in dispute", "choices", options=_bills(work)), *_until(work), WHY)


def _until(work: Work) -> Sequence[Field]:
    then = tuple((each.value, FOLLOWS[each][work.language == "zh-CN"]) for each in Then)
    return (
        Field("until", "Until", "day", hint=UNTIL, given=str(work.visit.site.today + USUAL)),
        Field("then", "What happens then", "choice", options=then, given=Then.REVIEW.value),
    )


def _bills(work: Work) -> tuple[tuple[str, str], ...]:
    """Those that are open, the oldest first."""
    say, language = work.say, work.visit.language
    return tuple(
        (
            each.bill_id,
            say(
                "{bill}: {amount} open, due {day}",
                bill=each.bill_id,
                amount=language.amount(each.open_amount),
                day=language.date(each.due_on),
            ),
        )
        for each in work.file.owed.open_bills[:MOST_BILLS]
    )


def _disputable(work: Work) -> Sequence[Target]:
    return _account(work) if work.file.owed.open_bills else ()


def _holding(work: Work, _target: Target, values: Values) -> Sequence[str]:
    if values["until"] <= work.visit.site.today:
        raise UsageError(work.say("A hold ends on a day that is still to come."))
    day = work.visit.language.date(values["until"])
    follows = FOLLOWS[Then(values["then"])][work.language == "zh-CN"]
    if not values["bills"]:
        told = work.say("The whole account will be on hold until {day}; then: {follows}.", day=day, follows=follows)
    else:
        bills = ", ".join(values["bills"])
        told = work.say("On hold until {day}: bills {bills}; then: {follows}.", day=day, bills=bills, follows=follows)
    return (
        told,
        work.say("While it is on hold nothing is demanded for it, and the law's clock stands still."),
        work.say("The next night knows of it."),
    )


def _hold(work: Work, target: Target, values: Values) -> str:
    return _add(work, target, HoldReason(values["reason"]), values)


def _dispute(work: Work, target: Target, values: Values) -> str:
    return _add(work, target, HoldReason.DISPUTE, values)


def _add(work: Work, _target: Target, reason: HoldReason, values: Values) -> str:
    zone = work.visit.site.zone
    wanted = Wanted(
        work.account_id,
        reason,
        work.actor,
        work.at,
        midnight(values["until"], zone),
        Then(values["then"]),
        values["bills"],
    )
    known = [each.bill_id for each in work.file.owed.bills]
    holds.add(work.visit.site.engine, wanted, known, actor=work.actor, why=values["why"], at=work.at)
    return work.say("The hold is entered.")


def _open(work: Work) -> Sequence[Target]:
    """Those that are open, or begin later."""
    return tuple(
        Target(each.hold.hold_id, _told(work, each.hold.bill_id, each.hold.reason), each.seq)
        for each in work.file.live.holds
        if each.hold.end is None and each.hold.until_at > work.at
    )


def _told(work: Work, bill_id: str | None, reason: HoldReason) -> str:
    said = word(REASONS, reason.value, work.language)
    return f"{said}: {bill_id}" if bill_id else said


def _ending(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("The hold ({what}) will end now.", what=target.label),
        work.say("From the next night on treatment goes on; the days on hold stay uncounted."),
    )


def _end(work: Work, target: Target, values: Values) -> str:
    holds.end(
        work.visit.site.engine,
        target.of,
        ended_at=work.at,
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("The hold is ended.")


ACTS = (
    Act("hold", "Put on hold", Right.HOLD, _account, _hold_fields, _holding, _hold),
    Act("dispute", "Take a bill into dispute", Right.HOLD, _disputable, _dispute_fields, _holding, _dispute),
    Act("end-hold", "End a hold", Right.HOLD, _open, only(WHY), _ending, _end),
)
