"""Yes or no to what waits for a second person, by the rights of one's own roles, and never to one's own request."""

from collections.abc import Callable, Sequence

from arrears.casebook import approvals as casebook
from arrears.casebook.approvals import Asked
from arrears.domain.approval import Approval, Person, Verdict, waiting
from arrears.domain.law.record import Record
from arrears.domain.people import Right, approval_rights
from arrears.errors import UsageError
from arrears.review import approvals, lawful
from arrears.review.axis_words import value_word
from arrears.web.acts.act import WHY, Act, Target, Values, Work, only


def _waiting(work: Work) -> Sequence[Target]:
    return tuple(Target(each.request.request_id, _told(work, each), each.seq) for each in work.file.waiting)


def _told(work: Work, asked: Asked) -> str:
    subject = asked.request.subject
    what = value_word("", subject.what, work.language)
    return work.say("{what}, {amount} owed", what=what, amount=work.visit.language.amount(subject.amount))


def _found(work: Work, target: Target) -> Asked:
    return next(each for each in work.file.waiting if each.request.request_id == target.of)


def _case(work: Work, asked: Asked) -> Record | None:
    """The case of the law that asks, if one does."""
    law = work.file.law
    record = law.record if law is not None else None
    return record if record is not None and record.case.case_id == asked.request.subject.subject_id else None


def _check(work: Work, asked: Asked) -> None:
    """UsageError for one's own request, or without the right that its rule asks for by now."""
    if asked.request.asked_by == work.actor:
        raise UsageError(work.say("You asked for it yourself; a second person must answer."))
    wanted = waiting(asked.request, work.desk().rules, work.at).rights
    if not wanted & approval_rights(work.visit.person):
        rights = ", ".join(work.say(right) for right in sorted(wanted))
        raise UsageError(work.say("Your roles may not answer this; it asks for: {rights}.", rights=rights))


def _approving(work: Work, target: Target, _values: Values) -> Sequence[str]:
    asked = _found(work, target)
    _check(work, asked)
    told = [work.say("Approved will be exactly this: {what}.", what=target.label)]
    if _case(work, asked) is not None:
        told.append(work.say("The case of the law goes on: its notice may be served then."))
    else:
        told.append(work.say("It is in force only once somebody confirms it."))
    return told


def _refusing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    asked = _found(work, target)
    _check(work, asked)
    told = [work.say("Not approved will be: {what}.", what=target.label)]
    if _case(work, asked) is not None:
        told.append(work.say("The case of the law ends by it."))
    return told


def _answer(verdict: Verdict) -> Callable[[Work, Target, Values], str]:
    def answer(work: Work, target: Target, values: Values) -> str:
        asked = _found(work, target)
        _check(work, asked)
        record, rights = _case(work, asked), approval_rights(work.visit.person)
        if record is not None:
            act = lawful.approve if verdict is Verdict.APPROVED else lawful.refuse
            act(work.desk(), record.case.case_id, rights, values["why"], record.seq)
        else:
            person, desk = Person(work.actor, rights), work.desk()
            answers = approvals.answer(
                work.visit.site.engine, [asked], person, verdict, values["why"], desk.rules, work.at
            )
            (said,) = answers.values()
            if not isinstance(said, Approval):
                raise said
        return work.say("Approved." if verdict is Verdict.APPROVED else "Not approved.")

    return answer


def _remindable(work: Work) -> Sequence[Target]:
    rules = work.desk().rules if work.file.waiting else None
    return tuple(
        target
        for target in _waiting(work)
        if rules is not None and waiting(_found(work, target).request, rules, work.at).is_reminder_due
    )


def _reminding(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (work.say("It will be kept that whoever may answer was reminded: {what}.", what=target.label),)


def _remind(work: Work, target: Target, values: Values) -> str:
    casebook.remind(work.visit.site.engine, target.of, target.seq, actor=work.actor, why=values["why"], at=work.at)
    return work.say("The reminder is kept.")


ACTS = (
    Act("approve", "Approve", Right.APPROVE, _waiting, only(WHY), _approving, _answer(Verdict.APPROVED), is_grave=True),
    Act("disapprove", "Do not approve", Right.APPROVE, _waiting, only(WHY), _refusing, _answer(Verdict.REFUSED)),
    Act("remind", "Remind", Right.ASK_APPROVAL, _remindable, only(WHY), _reminding, _remind),
)
