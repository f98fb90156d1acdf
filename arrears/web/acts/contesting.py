"""What a customer says against a decision or a case: taken in, reviewed by somebody who did not decide it, answered."""

from collections.abc import Sequence

from arrears.casebook.contests import TakenIn
from arrears.domain.contest import ContestState, Finding
from arrears.domain.people import Right
from arrears.errors import UsageError
from arrears.policy.axes import AXES
from arrears.review import contests
from arrears.review.axis_words import axis_word
from arrears.review.history_words import FINDINGS, word
from arrears.web.acts.act import WHY, Act, Field, Target, Values, Work, only

CASE = "case"
MOST_TOLD = 60
"""Signs of a complaint by which it is called."""


def _account(work: Work) -> Sequence[Target]:
    """Something stands that can be contested; the person has seen how many contests there are."""
    return (Target("", "", sum(each.seq for each in work.file.live.contests)),) if _subjects(work) else ()


def _subjects(work: Work) -> tuple[tuple[str, str], ...]:
    axes = [(axis, axis_word(axis, work.language)) for axis in AXES if work.file.live.standing(axis) is not None]
    law = work.file.law
    if law is not None and law.record is not None and law.record.is_open:
        axes.append((CASE, work.say("The case of the law")))
    return tuple(axes)


def _open_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (
        Field("about", "What is contested", "choice", options=_subjects(work)),
        Field("why", "What the customer says", "text", hint="In the customer's words."),
    )


def _opening(work: Work, _target: Target, values: Values) -> Sequence[str]:
    about = dict(_subjects(work))[values["about"]]
    return (
        work.say("A contest of {what} will be taken in.", what=about),
        work.say("What it is about stands still until somebody who did not decide it has answered."),
    )


def _open(work: Work, _target: Target, values: Values) -> str:
    axis = None if values["about"] == CASE else values["about"]
    contests.take_in(work.visit.site.engine, work.account_id, axis, actor=work.actor, why=values["why"], at=work.at)
    return work.say("The contest is taken in.")


def _still_open(work: Work) -> Sequence[TakenIn]:
    return [each for each in work.file.live.contests if each.contest.closed_at is None]


def _contests(work: Work) -> Sequence[Target]:
    return tuple(_target(each) for each in _still_open(work))


def _mine(work: Work) -> Sequence[Target]:
    """Those that the person reviews."""
    return tuple(
        _target(each)
        for each in _still_open(work)
        if each.contest.state is ContestState.IN_REVIEW and each.contest.reviewer == work.actor
    )


def _reviewable(work: Work) -> Sequence[Target]:
    return tuple(_target(each) for each in _still_open(work) if each.contest.reviewer != work.actor)


def _target(each: TakenIn) -> Target:
    said = each.complaint if len(each.complaint) <= MOST_TOLD else each.complaint[:MOST_TOLD] + "…"
    return Target(each.contest.contest_id, said, each.seq)


def _reviewing(work: Work, target: Target, _values: Values) -> Sequence[str]:
    found = next(each for each in _still_open(work) if each.contest.contest_id == target.of)
    if work.actor in found.contest.decided_by:
        raise UsageError(work.say("You decided what is contested; another person reviews it."))
    return (work.say("You will review this contest, and only you can answer it: {what}", what=target.label),)


def _review(work: Work, target: Target, values: Values) -> str:
    contests.review(
        work.visit.site.engine, target.of, actor=work.actor, why=values["why"], at=work.at, expected_seq=target.seq
    )
    return work.say("You review the contest.")


def _answer_fields(work: Work, _target: Target) -> Sequence[Field]:
    findings = tuple((each.value, word(FINDINGS, each.value, work.language)) for each in Finding)
    return (
        Field("finding", "Is the customer right?", "choice", options=findings),
        Field("why", "Reasons", "text", hint="The customer reads them."),
    )


def _answering(work: Work, _target: Target, values: Values) -> Sequence[str]:
    finding = word(FINDINGS, values["finding"], work.language)
    return (
        work.say("The contest will be answered: {finding}. The customer reads your reasons.", finding=finding),
        work.say("What stood still goes on, unless somebody ends or changes it."),
    )


def _answer(work: Work, target: Target, values: Values) -> str:
    contests.answer(
        work.visit.site.engine,
        target.of,
        Finding(values["finding"]),
        actor=work.actor,
        why=values["why"],
        at=work.at,
        expected_seq=target.seq,
    )
    return work.say("The contest is answered.")


def _withdrawing(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    return (work.say("It will be kept that the customer takes the contest back; what stood still goes on."),)


def _withdraw(work: Work, target: Target, values: Values) -> str:
    contests.withdraw(
        work.visit.site.engine, target.of, actor=work.actor, why=values["why"], at=work.at, expected_seq=target.seq
    )
    return work.say("The contest is withdrawn.")


ACTS = (
    Act("contest", "Take in a contest", Right.OPEN_CONTEST, _account, _open_fields, _opening, _open),
    Act("review-contest", "Review a contest", Right.ANSWER_CONTEST, _reviewable, only(WHY), _reviewing, _review),
    Act("answer-contest", "Answer a contest", Right.ANSWER_CONTEST, _mine, _answer_fields, _answering, _answer),
    Act("withdraw-contest", "Withdraw a contest", Right.OPEN_CONTEST, _contests, only(WHY), _withdrawing, _withdraw),
)
