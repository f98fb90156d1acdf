"""What people and nights do in a case: for what is known at an instant, the entries that an act adds, or why it may not be.

The approval's row decides whether a step may hurt, each time anew: a case that was approved for something else by now stands
before the law as one that was not approved."""

import datetime as dt
from dataclasses import dataclass, replace

from arrears.domain.approval import Approval, Subject, Verdict
from arrears.domain.law.answer import Answer, Refusal, answer, duty, perform
from arrears.domain.law.case import Case, Channel, Claim, Done, Grant, Measure, State, Step
from arrears.domain.law.facts import Facts
from arrears.domain.law.opens import Situation, overdue
from arrears.domain.law.record import (
    Answered,
    Entry,
    FieldAnswer,
    Proposal,
    Record,
    Stepped,
    Task,
    case_id,
    owed,
    subject,
)
from arrears.domain.law.rules import Pack
from arrears.errors import UsageError

RUN = "run"
"""Who acts when a night does."""


class BarredError(UsageError):
    """The law does not let a step be done now; `answer` has every rule that bars it."""

    def __init__(self, sentence: str, barred: Answer) -> None:
        self.answer = barred
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class View:
    """A case, or an account without one, at an instant. `subject`: what its proposal amounts to by now; `approval`: the row
    that approves exactly this. `announced_at`: the earliest stop that the delivered notice names; `stop_hour`: when on a day
    supply is stopped where the law lets it be."""

    pack: Pack
    record: Record | None
    facts: Facts
    measure: Measure
    at: dt.datetime
    subject: Subject | None = None
    approval: Approval | None = None
    announced_at: dt.datetime | None = None
    stop_hour: dt.time | None = None

    @property
    def situation(self) -> Situation:
        sequence = self.pack.sequences.get(self.measure)
        if sequence is None:
            raise UsageError(f"the law of {self.pack.name} knows no {self.measure}")
        return Situation(sequence, self.pack.calendar, self._case, self.facts)

    @property
    def is_changed(self) -> bool:
        """Whether what was proposed is something else by now."""
        return (
            self.subject is not None and self.record is not None and self.subject.hash != self.record.case.subject_hash
        )

    @property
    def _case(self) -> Case | None:
        """As the law sees it: a grant is what the approval's row says, and a proposal of something else is none."""
        if self.record is None or not self.record.is_open:
            return None if self.record is None else self.record.case
        case = self.record.case
        if case.state is State.PROPOSED and self.is_changed:
            return replace(case, done={step: at for step, at in case.done.items() if step is not Step.PROPOSE})
        return replace(case, grant=grant(self.approval, self.subject) if case.grant else None)


def grant(approval: Approval | None, about: Subject | None) -> Grant | None:
    """What the case may be taken on by; None when nothing is approved, or something else."""
    if (
        approval is None
        or about is None
        or approval.verdict is not Verdict.APPROVED
        or approval.subject_hash != about.hash
    ):
        return None
    return Grant(approval.right, approval.until_at, about.amount)


def subject_of(pack: Pack, record: Record | None, facts: Facts, at: dt.datetime) -> Subject | None:
    """What the case's proposal amounts to at an instant; None before there is one."""
    if record is None or record.proposal is None:
        return None
    return subject(record.case, record.proposal, facts, pack.version, pack.calendar.date(at))


def asked(view: View, step: Step) -> Answer:
    return answer(view.situation, step, view.at)


def demand(view: View, channel: Channel, actor: str, proof: str, why: str = "") -> Stepped:
    """Open a case for every bill that is overdue, neither disputed nor held."""
    today = view.pack.calendar.date(view.at)
    if view.record is not None and not view.record.is_open:
        view = replace(view, record=None)
    bills = frozenset(bill.bill_id for bill in overdue(view.situation, today))
    name = view.record.case.case_id if view.record else case_id(view.facts.account_id, view.measure, today)
    claim = Claim(view.facts.account_id, view.measure, bills)
    done = Done(name, Step.DEMAND, view.at, actor, claim=claim, channel=channel, why=why)
    return stepped(view, done, proof=_proof(proof))


def propose(view: View, channel: Channel, actor: str, why: str) -> tuple[list[Entry], Subject]:
    """Ask for approval of what is owed now; the notice is to go by `channel`."""
    record = record_of(view)
    served = view.situation.sequence.channels.get(Step.NOTICE)
    if served is not None and channel not in served:
        raise UsageError(f"by {view.pack.name} a notice is served by {', '.join(sorted(served))}, not by {channel}")
    proposal = Proposal(owed(record.case, view.facts), channel, view.pack.version)
    about = subject(record.case, proposal, view.facts, view.pack.version, view.pack.calendar.date(view.at))
    done = Done(record.case.case_id, Step.PROPOSE, view.at, actor, subject_hash=about.hash, why=why)
    return [stepped(view, done, proposal=proposal)], about


def approve(view: View) -> list[Entry]:
    """What the approval's row says. UsageError when there is none for exactly this."""
    record = record_of(view)
    if view.approval is None or view.subject is None:
        raise UsageError(f"nobody approved what is proposed in case {record.case.case_id[:12]}")
    check(view, Step.APPROVE)
    view.approval.check(view.subject, view.at)
    done = Done(
        record.case.case_id,
        Step.APPROVE,
        view.at,
        view.approval.by,
        subject_hash=view.approval.subject_hash,
        grant=grant(view.approval, view.subject),
        why=view.approval.why,
    )
    return [stepped(view, done)]


def step(view: View, what: Step, actor: str, why: str, channel: Channel | None = None, proof: str = "") -> list[Entry]:
    """What is served, or done beside the main steps. The notice goes by the channel that was approved."""
    record = record_of(view)
    proposal = record.proposal
    if what is Step.NOTICE and proposal is not None and channel is not proposal.channel:
        raise UsageError(f"the notice was approved to go by {proposal.channel}; propose anew to serve it by {channel}")
    is_served = what in view.situation.sequence.channels
    done = Done(record.case.case_id, what, view.at, actor, channel=channel, why=why)
    return [stepped(view, done, proof=_proof(proof) if is_served else proof)]


def end(view: View, what: Step, actor: str, why: str) -> list[Entry]:
    """Cancel or refuse. An order to cut that waits is withdrawn; one to restore never is."""
    done = stepped(view, Done(record_of(view).case.case_id, what, view.at, actor, why=_said(why)))
    return [*withdraw(view, actor, why), done]


def withdraw(view: View, actor: str, why: str) -> list[Entry]:
    """The order to cut that waits, if one does."""
    waiting = record_of(view).open_order
    if waiting is None or waiting.task is Task.RESTORE:
        return []
    return [Answered(waiting.order_id, FieldAnswer.WITHDRAWN, view.at, actor, why=why)]


def due(view: View, actor: str = RUN) -> list[Entry]:
    """The end of a case of which everything is paid."""
    must = duty(view.situation, view.at) if view.record is not None else None
    if must is None or must.step is not Step.CANCEL:
        return []
    return end(view, Step.CANCEL, actor, must.clause.en)


def barred(found: Answer, account_id: str, view: View) -> BarredError:
    zone = view.pack.calendar.zone
    reasons = "; ".join(_reason(each, view) for each in found.refusals)
    first = (
        f"; the first lawful moment: {found.earliest_at.astimezone(zone):%Y-%m-%d %H:%M}" if found.earliest_at else ""
    )
    return BarredError(
        f"{found.step} of account {account_id} is not lawful at {view.at.astimezone(zone):%Y-%m-%d %H:%M} ({view.pack.name}): "
        f"{reasons}{first}",
        found,
    )


def _reason(each: Refusal, view: View) -> str:
    until = f", from {each.opens_at.astimezone(view.pack.calendar.zone):%Y-%m-%d %H:%M}" if each.opens_at else ""
    return (
        f"{each.clause.id}: {each.unknown or f'{each.clause.en} / {each.clause.zh}'} ({each.clause.reference}{until})"
    )


def check(view: View, what: Step) -> None:
    found = asked(view, what)
    if not found.is_allowed:
        raise barred(found, view.facts.account_id, view)


def stepped(view: View, done: Done, proposal: Proposal | None = None, proof: str = "") -> Stepped:
    """BarredError, or a UsageError of the engine's, unless it is lawful."""
    check(view, done.step)
    perform(view.situation, done)
    return Stepped(done, proposal, proof)


def record_of(view: View) -> Record:
    if view.record is None:
        raise UsageError(f"account {view.facts.account_id} has no case of {view.measure}; a demand opens one")
    return view.record


def _said(why: str) -> str:
    if not why.strip():
        raise UsageError("say why; it is kept with the case")
    return why.strip()


def _proof(proof: str) -> str:
    if not proof.strip():
        raise UsageError("say how it is proved that it was served, such as the number of the registered letter")
    return proof.strip()
