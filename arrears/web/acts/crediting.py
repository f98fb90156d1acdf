"""Deferrals and plans that a customer asks for: taken in, checked against limit and term, reviewed by a second person."""

from collections.abc import Callable, Collection, Sequence

from arrears.casebook.requests import requests
from arrears.domain.credit_check import Asked, Credit, Kind, check
from arrears.domain.instalment import Against, Parts, deferred, in_parts, month_later
from arrears.domain.people import Right
from arrears.domain.request import UNDECIDED, Request, State
from arrears.errors import StaleCaseError, UsageError
from arrears.policy.credit import load_credit
from arrears.review import credit
from arrears.review.customer_credit import credit_known, customer_credit, receivables
from arrears.review.history_words import ASKED, word
from arrears.web.acts.act import WHY, Act, Field, Target, Values, Work, only

CHECKABLE = (State.REQUESTED, State.CHECKED, State.BLOCKED, State.IN_REVIEW)
MOST_PARTS = 60
AGAINST = {
    Against.PROMISE: ("缴费承诺", "a promise"),
    Against.GUARANTEE: ("担保", "a guarantee"),
    Against.DEPOSIT: ("保证金", "a deposit"),
}


def _indebted(work: Work) -> Sequence[Target]:
    """The person has seen how many requests there are."""
    return (Target("", "", len(work.file.live.requests)),) if work.file.owed.open_amount > 0 else ()


def _proposed(work: Work) -> dict[str, object]:
    """What the night proposed of an arrangement, by the name of its term."""
    found = next((each for each in work.file.proposed if each.axis == "arrangement"), None)
    return {name: value for name, value in found.terms.items() if value is not None} if found is not None else {}


def _deferral_fields(work: Work, _target: Target) -> Sequence[Field]:
    against = tuple((each.value, AGAINST[each][work.language != "zh-CN"]) for each in Against)
    given = _proposed(work)
    return (
        Field("amount", "Amount", "amount", given=str(work.file.owed.open_amount)),
        Field("until", "Deferred until", "day", given=str(given.get("deferral_until_on", ""))),
        Field("against", "Against", "choice", options=against, given=str(given.get("deferral_against", "promise"))),
        WHY,
    )


def _plan_fields(work: Work, _target: Target) -> Sequence[Field]:
    given = _proposed(work)
    first = month_later(work.visit.site.today, 1)
    return (
        Field("amount", "Amount", "amount", given=str(work.file.owed.open_amount)),
        Field("parts", "Monthly parts", "line", given=str(given.get("instalment_parts", ""))),
        Field("first_on", "First part due on", "day", given=str(first)),
        Field("first", "First part", "amount", is_needed=False, hint="Empty: as the others."),
        WHY,
    )


def _deferral(work: Work, values: Values) -> Asked:
    return _asked(work, Kind.DEFERRAL, values, deferred(values["amount"], values["until"]), Against(values["against"]))


def _plan(work: Work, values: Values) -> Asked:
    parts = values["parts"]
    if not parts.isascii() or not parts.isdigit() or not 0 < int(parts[:4]) <= MOST_PARTS:
        raise UsageError(work.say("Give a number of parts from 1 to {most}.", most=MOST_PARTS))
    plan = in_parts(values["amount"], int(parts), values["first_on"], values["first"])
    return _asked(work, Kind.INSTALMENT, values, plan)


def _asked(work: Work, kind: Kind, values: Values, parts: Parts, against: Against | None = None) -> Asked:
    return Asked(kind, work.file.who.customer_id, work.account_id, values["amount"], parts, against)


def _asking(asked_of: Callable[[Work, Values], Asked]) -> Callable[[Work, Target, Values], Sequence[str]]:
    def preview(work: Work, _target: Target, values: Values) -> Sequence[str]:
        asked, language = asked_of(work, values), work.visit.language
        parts = "; ".join(f"{language.date(each.due_on)} {language.amount(each.amount)}" for each in asked.parts)
        verdict = check(asked, _known(work, asked), work.visit.site.today)
        return (
            work.say("A request will be kept: {kind}. Parts: {parts}.", kind=_kind(work, asked.kind), parts=parts),
            work.say(
                "The check of limit and term says: {said}", said=verdict.zh if work.language == "zh-CN" else verdict.en
            ),
            work.say("It is in force once a second person has approved it."),
        )

    return preview


def _ask(asked_of: Callable[[Work, Values], Asked]) -> Callable[[Work, Target, Values], str]:
    def ask(work: Work, _target: Target, values: Values) -> str:
        """Asked, and checked at once, so that it waits for a reviewer and not for a check."""
        site, asked = work.visit.site, asked_of(work, values)
        rules = load_credit(site.settings.policy, work.file.run.as_of).plans.rules
        made = credit.ask(site.engine, asked, rules, site.today, actor=work.actor, why=values["why"], at=work.at)
        _checked(work, made.request_id, asked, made.seq, values["why"])
        return work.say("The request is kept and checked.")

    return ask


def _checked(work: Work, name: str, asked: Asked, seq: int, why: str) -> Request:
    site = work.visit.site
    known = _known(work, asked)
    return credit.check_request(
        site.engine, name, known, site.today, actor=work.actor, why=why, at=work.at, expected_seq=seq
    )


def _known(work: Work, asked: Asked) -> Credit:
    """What the night says of the customer, and of the receivables that a ceiling is on."""
    site, run = work.visit.site, work.file.run
    owed = receivables(site.lake, run, load_credit(site.settings.policy, run.as_of))
    return credit_known(customer_credit(site.lake, run, asked.customer_id), asked.account_id, owed)


def _kind(work: Work, kind: Kind) -> str:
    return word(ASKED, kind.value, work.language)


def _of_account(work: Work) -> Sequence[Request]:
    return requests(work.visit.site.engine, account_id=work.account_id) if work.file.live.requests else ()


def _in(states: Collection[State]) -> Callable[[Work], Sequence[Target]]:
    def targets(work: Work) -> Sequence[Target]:
        return tuple(_target(work, each) for each in _of_account(work) if each.state in states)

    return targets


def _target(work: Work, each: Request) -> Target:
    label = work.say(
        "{what}: {amount}", what=_kind(work, each.asked.kind), amount=work.visit.language.amount(each.asked.amount)
    )
    return Target(each.request_id, label, each.seq)


def _found(work: Work, target: Target) -> Request:
    found = next((each for each in _of_account(work) if each.request_id == target.of), None)
    if found is None or found.seq != target.seq:
        raise StaleCaseError(work.say("The request was changed meanwhile."), ())
    return found


def _checking(work: Work, target: Target, _values: Values) -> Sequence[str]:
    asked = _found(work, target).asked
    verdict = check(asked, _known(work, asked), work.visit.site.today)
    said = verdict.zh if work.language == "zh-CN" else verdict.en
    return (
        work.say("The check of limit and term says: {said}", said=said),
        work.say("That will be kept with the request."),
    )


def _check(work: Work, target: Target, values: Values) -> str:
    _checked(work, target.of, _found(work, target).asked, target.seq, values["why"])
    return work.say("The request is checked.")


def _reviewable(work: Work) -> Sequence[Target]:
    """Not by who asked for it, nor by who reviews it already."""
    return tuple(
        _target(work, each)
        for each in _of_account(work)
        if each.state in (State.CHECKED, State.IN_REVIEW) and work.actor not in (each.requested_by, each.reviewer)
    )


def _mine(work: Work) -> Sequence[Target]:
    return tuple(
        _target(work, each)
        for each in _of_account(work)
        if each.state is State.IN_REVIEW and each.reviewer == work.actor
    )


def _refusable(work: Work) -> Sequence[Target]:
    blocked = tuple(
        _target(work, each)
        for each in _of_account(work)
        if each.state is State.BLOCKED and each.requested_by != work.actor
    )
    return (*_mine(work), *blocked)


def _reviewing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (work.say("You will review this, and only you can approve it: {what}", what=target.label),)


def _review(work: Work, target: Target, values: Values) -> str:
    engine = work.visit.site.engine
    credit.begin_review(engine, target.of, actor=work.actor, why=values["why"], at=work.at, expected_seq=target.seq)
    return work.say("You review the request.")


def _approving(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("In force from today will be: {what}.", what=target.label),
        work.say("It is checked once more before that; nights judge whether its parts are paid."),
    )


def _approve(work: Work, target: Target, values: Values) -> str:
    site, asked = work.visit.site, _found(work, target).asked
    credit.approve(
        site.engine,
        target.of,
        _known(work, asked),
        site.today,
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("The request is in force.")


def _refusing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (work.say("Refused will be: {what}.", what=target.label),)


def _refuse(work: Work, target: Target, values: Values) -> str:
    engine = work.visit.site.engine
    credit.refuse(engine, target.of, actor=work.actor, why=values["why"], at=work.at, expected_seq=target.seq)
    return work.say("Refused: {what}.", what=target.label)


def _withdrawing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    return (
        work.say("Taken back will be: {what}.", what=target.label),
        work.say("What is open of a plan is cancelled by it."),
    )


def _withdraw(work: Work, target: Target, values: Values) -> str:
    engine = work.visit.site.engine
    credit.withdraw(engine, target.of, actor=work.actor, why=values["why"], at=work.at, expected_seq=target.seq)
    return work.say("The request is taken back.")


ACTS = (
    Act("defer", "Ask for a deferral", Right.CREDIT, _indebted, _deferral_fields, _asking(_deferral), _ask(_deferral)),
    Act("plan", "Ask for instalments", Right.CREDIT, _indebted, _plan_fields, _asking(_plan), _ask(_plan)),
    Act("check-request", "Check again", Right.CREDIT, _in(CHECKABLE), only(WHY), _checking, _check),
    Act(
        "withdraw-request",
        "Take back",
        Right.CREDIT,
        _in((*UNDECIDED, State.IN_FORCE)),
        only(WHY),
        _withdrawing,
        _withdraw,
    ),
    Act("review-request", "Review", Right.APPROVE, _reviewable, only(WHY), _reviewing, _review),
    Act("approve-request", "Bring into force", Right.APPROVE, _mine, only(WHY), _approving, _approve, is_grave=True),
    Act("refuse-request", "Refuse the request", Right.APPROVE, _refusable, only(WHY), _refusing, _refuse),
)
