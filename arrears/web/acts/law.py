"""Stopping supply, step by step: what `arrears case` does, offered only while the law lets it be done."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from arrears.domain.law.case import BESIDE, Channel, Step
from arrears.domain.law.record import FieldAnswer, Record, Task, amount
from arrears.domain.people import Right
from arrears.errors import UsageError
from arrears.review import lawful
from arrears.review.law_words import reason, term
from arrears.web.acts.act import NOTE, WHY, Act, Field, Target, Values, Work, only

ZERO = Decimal("0.00")
PROOF = Field("proof", "How it is proved", "line", hint="Such as the number of the registered letter.")


def _record(work: Work) -> Record | None:
    law = work.file.law
    return law.record if law is not None and law.record is not None and law.record.is_open else None


def _case_target(record: Record) -> Target:
    return Target(record.case.case_id, "", record.seq)


def _when(step: Step) -> Callable[[Work], Sequence[Target]]:
    """On an open case in which the law lets the step be done now."""

    def targets(work: Work) -> Sequence[Target]:
        record = _record(work)
        return (_case_target(record),) if record is not None and _is_allowed(work, step) else ()

    return targets


def _is_allowed(work: Work, step: Step) -> bool:
    law = work.file.law
    return law is not None and step in law.answers and law.answers[step].is_allowed


def _check(work: Work, step: Step) -> None:
    """UsageError with every rule that bars the step, in words."""
    law = work.file.law
    if law is None:
        raise UsageError(work.file.law_unknown)
    found = law.answers[step]
    if not found.is_allowed:
        zone = work.visit.site.zone
        reasons = "; ".join(reason(each, zone, work.language) for each in found.refusals)
        raise UsageError(work.say("The law does not let this be done now: {reasons}", reasons=reasons))


def _demandable(work: Work) -> Sequence[Target]:
    record = _record(work)
    is_new = work.file.law is not None and record is None
    return (Target("", "", 0),) if is_new and _is_allowed(work, Step.DEMAND) else ()


def _channels(work: Work, *channels: Channel) -> Field:
    options = tuple((each.value, term(each, work.language)) for each in channels or tuple(Channel))
    return Field("channel", "By which channel", "choice", options=options)


def _serve_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (_channels(work), PROOF, NOTE)


def _demanding(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    _check(work, Step.DEMAND)
    owed = work.visit.language.amount(work.file.owed.overdue_amount)
    return (
        work.say("A case of the law will be opened for what is overdue: {amount}.", amount=owed),
        work.say("It is recorded that the customer was asked to pay, with the proof."),
    )


def _demand(work: Work, _target: Target, values: Values) -> str:
    lawful.demand(work.desk(), work.account_id, Channel(values["channel"]), values["proof"], values["why"] or "")
    return work.say("The case is opened.")


def _propose_fields(work: Work, _target: Target) -> Sequence[Field]:
    return (_channels(work), WHY)


def _proposing(work: Work, _target: Target, values: Values) -> Sequence[str]:
    _check(work, Step.PROPOSE)
    channel = term(Channel(values["channel"]), work.language)
    return (
        work.say("A second person will be asked to approve the stop of supply for what is owed now."),
        work.say("The notice is then to go by: {channel}.", channel=channel),
    )


def _propose(work: Work, target: Target, values: Values) -> str:
    lawful.propose(work.desk(), target.of, Channel(values["channel"]), values["why"], target.seq)
    return work.say("Approval is asked for.")


def _serving(step: Step) -> Callable[[Work, Target, Values], Sequence[str]]:
    def preview(work: Work, _target: Target, values: Values) -> Sequence[str]:
        _check(work, step)
        channel = term(Channel(values["channel"]), work.language)
        return (
            work.say(
                "It will be recorded as of now: {step}, {channel}.", step=term(step, work.language), channel=channel
            ),
        )

    return preview


def _serve(work: Work, target: Target, values: Values) -> str:
    channel = Channel(values["channel"])
    lawful.serve(work.desk(), target.of, channel, values["proof"], values["why"] or "", target.seq)
    return work.say("The notice counts as served.")


def _renotify(work: Work, target: Target, values: Values) -> str:
    channel = Channel(values["channel"])
    lawful.renotify(work.desk(), target.of, channel, values["proof"], values["why"] or "", target.seq)
    return work.say("It is recorded that the customer was told again.")


def _beside_steps(work: Work) -> Sequence[Step]:
    return [step for step in BESIDE if _is_allowed(work, step)]


def _recordable(work: Work) -> Sequence[Target]:
    record = _record(work)
    return (_case_target(record),) if record is not None and _beside_steps(work) else ()


def _record_fields(work: Work, _target: Target) -> Sequence[Field]:
    steps = tuple((each.value, term(each, work.language)) for each in _beside_steps(work))
    proof = Field("proof", "How it is proved", "line", is_needed=False)
    return (Field("step", "What was done", "choice", options=steps), proof, NOTE)


def _recording(work: Work, _target: Target, values: Values) -> Sequence[str]:
    step = Step(values["step"])
    _check(work, step)
    return (work.say("It will be recorded as of now: {step}.", step=term(step, work.language)),)


def _beside(work: Work, target: Target, values: Values) -> str:
    step = Step(values["step"])
    lawful.beside(work.desk(), target.of, step, values["proof"] or "", values["why"] or "", target.seq)
    return work.say("It is recorded.")


def _orderable(work: Work) -> Sequence[Target]:
    """The field is sent once there is no order that waits; from when on it may cut is in the order."""
    record, law = _record(work), work.file.law
    if record is None or law is None or record.open_order is not None or Step.CUT not in law.answers:
        return ()
    answer = law.answers[Step.CUT]
    return (_case_target(record),) if answer.is_allowed or answer.earliest_at is not None else ()


def _ordering(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    law = work.file.law
    first = law.answers[Step.CUT].earliest_at if law is not None else None
    day = work.visit.language.moment(first or work.at, work.visit.site.zone)
    return (
        work.say("The field will be sent to cut supply, from {day} on and not before.", day=day),
        work.say("Should everything be paid before that, the order is withdrawn."),
    )


def _order(work: Work, target: Target, values: Values) -> str:
    lawful.order(work.desk(), target.of, values["why"], target.seq)
    return work.say("The order is given.")


def _ordered(work: Work) -> Sequence[Target]:
    record = _record(work)
    order = record.open_order if record is not None else None
    return (_case_target(record),) if record is not None and order is not None else ()


def _answer_fields(work: Work, _target: Target) -> Sequence[Field]:
    said = tuple((each.value, term(each, work.language)) for each in FieldAnswer)
    return (
        Field("said", "What the field says", "choice", options=said),
        Field("paid", "Paid at the door", "amount", is_needed=False),
        NOTE,
    )


def _answering(work: Work, _target: Target, values: Values) -> Sequence[str]:
    record = _record(work)
    order = record.open_order if record is not None else None
    task = term(order.task, work.language) if order is not None else ""
    said = FieldAnswer(values["said"])
    told = [work.say("It will be recorded of the order ({task}): {said}.", task=task, said=term(said, work.language))]
    if said is FieldAnswer.DONE and order is not None and order.task is Task.CUT:
        told.append(work.say("Supply counts as cut; it must be restored in time once everything is paid."))
    return told


def _answer(work: Work, target: Target, values: Values) -> str:
    said, paid = FieldAnswer(values["said"]), values["paid"] or ZERO
    lawful.answer(work.desk(), target.of, said, values["why"] or "", target.seq, paid)
    return work.say("The answer is recorded.")


def _restorable(work: Work) -> Sequence[Target]:
    record = _record(work)
    is_free = record is not None and record.open_order is None and _is_allowed(work, Step.RESTORE)
    return (_case_target(record),) if record is not None and is_free else ()


def _restoring(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    return (work.say("The field will be sent to restore supply, by the law's deadline."),)


def _restore(work: Work, target: Target, values: Values) -> str:
    lawful.restore(work.desk(), target.of, values["why"] or "", target.seq)
    return work.say("The order is given.")


def _cancelling(work: Work, _target: Target, _values: Values) -> Sequence[str]:
    record = _record(work)
    owed = amount(record.proposal.bills) if record is not None and record.proposal is not None else ZERO
    told = [work.say("The case of the law will end; supply is not stopped by it.")]
    if owed:
        told.append(work.say("What was proposed, {amount}, needs a new case.", amount=work.visit.language.amount(owed)))
    return told


def _cancel(work: Work, target: Target, values: Values) -> str:
    lawful.cancel(work.desk(), target.of, values["why"], target.seq)
    return work.say("The case of the law is ended.")


ACTS = (
    Act("demand", "Record a served demand", Right.WORK, _demandable, _serve_fields, _demanding, _demand),
    Act("propose", "Propose the stop of supply", Right.ASK_APPROVAL, _when(Step.PROPOSE), _propose_fields, _proposing,
        _propose, is_grave=True),
    Act("serve", "Record the served notice", Right.WORK, _when(Step.NOTICE), _serve_fields, _serving(Step.NOTICE), _serve),
    Act("renotify", "Record the second notice", Right.WORK, _when(Step.RENOTICE), _serve_fields, _serving(Step.RENOTICE),
        _renotify),
    Act("record", "Record a step beside", Right.WORK, _recordable, _record_fields, _recording, _beside),
    Act("order", "Order the cut", Right.ASK_APPROVAL, _orderable, only(WHY), _ordering, _order, is_grave=True),
    Act("field", "Record the field's answer", Right.WORK, _ordered, _answer_fields, _answering, _answer),
    Act("restore", "Order the restoration", Right.WORK, _restorable, only(NOTE), _restoring, _restore),
    Act("cancel", "End the case of the law", Right.WORK, _when(Step.CANCEL), only(WHY), _cancelling, _cancel),
)  # fmt: skip
