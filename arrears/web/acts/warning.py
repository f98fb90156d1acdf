"""What a person does to the warning itself: acknowledge, treat, dismiss, assign, look again, talk, write down, promise."""

import datetime as dt
from collections.abc import Callable, Sequence

from arrears.domain.actor import Actor
from arrears.domain.episode import TRANSITIONS
from arrears.domain.episode_events import (
    Acknowledged,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    DismissalReason,
    Dismissed,
    Event,
    FollowUpSet,
    NoteAdded,
    OwnerChanged,
    PromiseMade,
    TreatmentBegun,
)
from arrears.domain.people import Right, may
from arrears.errors import UsageError
from arrears.review import cases, people
from arrears.review.case_words import term
from arrears.review.cases import Seen
from arrears.web.acts.act import NOTE, WHY, Act, Field, Target, Values, Work, only

NOBODY = "-"


def _where(event: type[Event]) -> Callable[[Work], Sequence[Target]]:
    """On a case whose state has a move for the event."""

    def targets(work: Work) -> Sequence[Target]:
        case = work.file.case
        if case is None or (case.episode.state, event) not in TRANSITIONS:
            return ()
        return (Target(case.episode.episode_id, "", case.episode.seq),)

    return targets


def _seen(target: Target) -> Seen:
    return Seen(target.of, target.seq)


def _acknowledging(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("The warning of account {account} will count as acknowledged.", account=work.account_id),
        work.say("Nothing is sent to the customer by this."),
    )


def _acknowledge(work: Work, target: Target, values: Values) -> str:
    cases.acknowledge(work.visit.desk, _seen(target), values["why"] or "")
    return work.say("The warning is acknowledged.")


def _treating(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    return (work.say("The case of account {account} will count as in treatment.", account=work.account_id),)


def _treat(work: Work, target: Target, values: Values) -> str:
    cases.begin_treatment(work.visit.desk, _seen(target), values["why"] or "")
    return work.say("Treatment has begun.")


def _dismissal_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (Field("reason", "Why it is no warning", "choice", options=_terms(work, DismissalReason)), WHY)


def _dismissing(work: Work, _target: Target, values: Values) -> Sequence[str]:
    reason = term(DismissalReason(values["reason"]), work.language)
    told = [work.say("The case of account {account} will be closed: {reason}.", account=work.account_id, reason=reason)]
    told.append(work.say("The account will not be warned of again for some time, unless it gets worse."))
    case = work.file.case
    if case is not None and case.episode.open_promise is not None:
        told.append(work.say("The promise to pay stays, and the nights judge it."))
    return told


def _dismiss(work: Work, target: Target, values: Values) -> str:
    cases.dismiss(work.visit.desk, _seen(target), DismissalReason(values["reason"]), values["why"])
    return work.say("The warning is dismissed.")


def _owners(work: Work, _target: Target) -> Sequence[Field]:
    me, district = work.visit.person, work.file.who.district
    others = [
        (str(each.person.actor), each.person.name)
        for each in people.people(work.visit.site.engine)
        if each.is_active and each.person.actor != me.actor and may(each.person, Right.WORK, district)
    ]
    mine = [(str(me.actor), work.say("Me ({name})", name=me.name))]
    options = (*mine, (NOBODY, work.say("Nobody")), *sorted(others, key=lambda pair: pair[1]))
    case = work.file.case
    given = str(me.actor) if case is None or case.episode.owner != str(me.actor) else NOBODY
    return (Field("owner", "Whose it is to be", "choice", options=options, given=given), NOTE)


def _assigning(work: Work, target: Target, values: Values) -> Sequence[str]:
    name = dict(_owners(work, target)[0].options)[values["owner"]]
    if values["owner"] == NOBODY:
        return (work.say("The case of account {account} will be nobody's.", account=work.account_id),)
    return (
        work.say("The case of account {account} will be worked on by: {name}.", account=work.account_id, name=name),
    )


def _assign(work: Work, target: Target, values: Values) -> str:
    owner = None if values["owner"] == NOBODY else Actor.of(values["owner"])
    cases.assign(work.visit.desk, _seen(target), owner, values["why"] or "")
    return work.say("The case is assigned.")


def _follow_up_fields(work: Work, _target: Target) -> Sequence[Field]:
    case = work.file.case
    on = case.episode.follow_up_on if case else None
    hint = "Empty: no day. Until then it does not show as due."
    return (Field("on", "Look at it again on", "day", is_needed=False, hint=hint, given=str(on or "")), NOTE)


def _following_up(work: Work, _target: Target, values: Values) -> Sequence[str]:
    if values["on"] is None:
        return (work.say("There will be no day on which it is looked at again."),)
    _not_past(work, values["on"])
    return (work.say("The case will be due again on {day}.", day=work.visit.language.date(values["on"])),)


def _follow_up(work: Work, target: Target, values: Values) -> str:
    cases.follow_up(work.visit.desk, _seen(target), values["on"], values["why"] or "")
    return work.say("The follow-up is set.")


def _noting(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    return (work.say("The note will be kept with the case; it cannot be taken back."),)


def _note(work: Work, target: Target, values: Values) -> str:
    cases.note(work.visit.desk, _seen(target), values["why"])
    return work.say("The note is kept.")


def _contact_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (
        Field("channel", "How", "choice", options=_terms(work, ContactChannel)),
        Field("result", "What came of it", "choice", options=_terms(work, ContactResult)),
        Field("why", "What was said", "text", is_needed=False, hint="Kept with the case."),
    )


def _contacting(work: Work, _target: Target, values: Values) -> Sequence[str]:
    channel = term(ContactChannel(values["channel"]), work.language)
    result = term(ContactResult(values["result"]), work.language)
    return (work.say("A contact will be recorded as of now: {channel}, {result}.", channel=channel, result=result),)


def _contact(work: Work, target: Target, values: Values) -> str:
    channel, result = ContactChannel(values["channel"]), ContactResult(values["result"])
    cases.record_contact(work.visit.desk, _seen(target), channel, result, values["why"] or "")
    return work.say("The contact is recorded.")


def _promise_fields(work: Work, _target: Target) -> Sequence[Field]:
    owed = work.file.owed.overdue_amount or work.file.owed.open_amount
    return (
        Field("amount", "Amount promised", "amount", given=str(owed) if owed else ""),
        Field("due_on", "To be paid by the end of", "day"),
        NOTE,
    )


def _promising(work: Work, _target: Target, values: Values) -> Sequence[str]:
    if not values["amount"]:
        raise UsageError(work.say("Give an amount above 0."))
    _not_past(work, values["due_on"])
    amount, day = work.visit.language.amount(values["amount"]), work.visit.language.date(values["due_on"])
    told = [
        work.say("A promise to pay {amount} by {day} will be recorded; the nights judge it.", amount=amount, day=day)
    ]
    case = work.file.case
    old = case.episode.open_promise if case else None
    if old is not None:
        was, until = work.visit.language.amount(old.amount), work.visit.language.date(old.due_on)
        told.append(work.say("The promise of {amount} by {day} is cancelled by it.", amount=was, day=until))
    return told


def _promise(work: Work, target: Target, values: Values) -> str:
    cases.promise(work.visit.desk, _seen(target), values["amount"], values["due_on"], values["why"] or "")
    return work.say("The promise is recorded.")


def _not_past(work: Work, day: dt.date) -> None:
    if day < work.visit.site.today:
        raise UsageError(work.say("{day} lies in the past.", day=work.visit.language.date(day)))


def _terms(
    work: Work, words: type[DismissalReason] | type[ContactChannel] | type[ContactResult]
) -> tuple[tuple[str, str], ...]:
    return tuple((each.value, term(each, work.language)) for each in words)


ACTS = (
    Act("acknowledge", "Acknowledge", Right.WORK, _where(Acknowledged), only(NOTE), _acknowledging, _acknowledge),
    Act("treat", "Begin treatment", Right.WORK, _where(TreatmentBegun), only(NOTE), _treating, _treat),
    Act("contact", "Record a contact", Right.WORK, _where(ContactRecorded), _contact_fields, _contacting, _contact),
    Act("promise", "Record a promise", Right.WORK, _where(PromiseMade), _promise_fields, _promising, _promise),
    Act("follow-up", "Set a follow-up", Right.WORK, _where(FollowUpSet), _follow_up_fields, _following_up, _follow_up),
    Act("assign", "Assign", Right.WORK, _where(OwnerChanged), _owners, _assigning, _assign),
    Act("note", "Write a note", Right.WORK, _where(NoteAdded), only(Field("why", "Note", "text")), _noting, _note),
    Act("dismiss", "Dismiss", Right.WORK, _where(Dismissed), _dismissal_fields, _dismissing, _dismiss, is_grave=True),
)
