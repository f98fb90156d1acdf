"""One act on many cases: what it will do to each, and why not to some; then the doing, case by case. It is the act that the
page of a case offers, and each case is judged as there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from arrears.errors import CasebookError, UsageError
from arrears.web.acts import ACTS, Act, Target, Work
from arrears.web.acts.act import Field, typed
from arrears.web.case_reading import work_at
from arrears.web.visit import MissingError, Visit

BULK = ("acknowledge", "assign", "follow-up", "ask", "release")
"""Acts that make sense on several cases at once."""

MOST = 200
"""Cases of one act: the largest page."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A case as the person saw it: `seq` counts what had happened to it; None of an account without a case."""

    account_id: str
    seq: int | None

    @classmethod
    def of(cls, text: str) -> "Chosen":
        """From `seq:account`, the seq empty where there is no case."""
        seq, colon, account_id = text.partition(":")
        if not colon or not account_id or (seq and not (seq.isascii() and seq.isdigit() and len(seq) < 10)):
            raise UsageError(f"{text[:40]!r} is no case of the list")
        return cls(account_id, int(seq) if seq else None)

    def __str__(self) -> str:
        return f"{'' if self.seq is None else self.seq}:{self.account_id}"


@dataclass(frozen=True, slots=True)
class Planned:
    """What will happen on one target, in sentences."""

    target: Target
    sentences: Sequence[str]

    def key(self, account_id: str) -> str:
        """What `is_agreed` finds it by: as the person was shown it."""
        return f"{self.target.seq}|{self.target.of}|{account_id}"


@dataclass(frozen=True, slots=True)
class Line:
    """One case: what will happen, and why something, or nothing, will."""

    account_id: str
    name: str | None
    planned: Sequence[Planned] = ()
    problems: Sequence[str] = ()

    @property
    def keys(self) -> list[str]:
        return [each.key(self.account_id) for each in self.planned]


@dataclass(frozen=True, slots=True)
class Plan:
    """`fields` of the first case on which it can be done; `wrong`: what was typed into them that cannot be."""

    act: Act
    lines: Sequence[Line]
    fields: Sequence[Field]
    wrong: dict[str, str]

    @property
    def possible(self) -> int:
        return sum(bool(line.planned) for line in self.lines)


def act_named(visit: Visit, name: str) -> Act:
    """UsageError of one that cannot be done to many; ForbiddenError without the right to it anywhere."""
    if name not in BULK:
        raise UsageError(visit.say("Choose what is to be done."))
    act = ACTS[name]
    visit.require(act.right)
    return act


def plan(visit: Visit, act: Act, chosen: Iterable[Chosen], *, is_typed: bool) -> Plan:
    """Nothing is changed. Before anything was typed no field is found wrong."""
    fields: Sequence[Field] = ()
    wrong: dict[str, str] = {}
    lines = []
    for each in chosen:
        try:
            work = _work(visit, act, each)
        except (MissingError, UsageError) as error:
            lines.append(Line(each.account_id, None, problems=(str(error),)))
            continue
        targets = act.targets(work)
        if targets and not fields:
            fields = act.fields(work, targets[0])
            wrong = typed(visit, fields)[1] if is_typed else {}
        lines.append(_line(visit, act, work, targets, is_typed=is_typed))
    return Plan(act, lines, fields, wrong)


def do(visit: Visit, act: Act, chosen: Iterable[Chosen], agreed: frozenset[str]) -> list[Line]:
    """Case by case what was done, in `planned` with one sentence each, and what was not. Only what was agreed to is done; what
    changed since then is left alone."""
    done = []
    for each in chosen:
        try:
            work = _work(visit, act, each)
        except (MissingError, UsageError) as error:
            done.append(Line(each.account_id, None, problems=(str(error),)))
            continue
        line = _line(visit, act, work, act.targets(work))
        said, problems = [], list(line.problems)
        for planned in line.planned:
            if planned.key(each.account_id) not in agreed:
                problems.append(visit.say("It was changed meanwhile, and was left as it is."))
                continue
            try:
                values = typed(visit, act.fields(work, planned.target))[0]
                said.append(replace(planned, sentences=(act.do(work, planned.target, values),)))
            except (UsageError, CasebookError) as error:
                problems.append(str(error))
        done.append(replace(line, planned=said, problems=problems))
    return done


def _work(visit: Visit, act: Act, chosen: Chosen) -> Work:
    """The case; MissingError or UsageError when it is not for this person, or is not as they saw it."""
    work = work_at(visit, chosen.account_id)
    if not visit.may(act.right, work.file.who.district or ""):
        raise UsageError(visit.say("Your roles do not include this: {right}.", right=visit.say(str(act.right))))
    case = work.file.case
    if chosen.seq is not None and (case is None or case.episode.seq != chosen.seq):
        raise UsageError(visit.say("The case changed since you saw the list; look at it first."))
    return work


def _line(visit: Visit, act: Act, work: Work, targets: Sequence[Target], *, is_typed: bool = True) -> Line:
    """Before anything was typed it is only said on what it can be done."""
    planned, problems = [], []
    for target in targets:
        if not is_typed:
            planned.append(Planned(target, (target.label,) if target.label else ()))
            continue
        fields = act.fields(work, target)
        values, wrong = typed(visit, fields)
        if wrong:
            problems += [f"{visit.say(field.label)}: {wrong[field.name]}" for field in fields if field.name in wrong]
            continue
        try:
            planned.append(Planned(target, act.preview(work, target, values)))
        except (UsageError, CasebookError) as error:
            problems.append(str(error))
    if not targets:
        problems.append(visit.say("As it stands, this cannot be done: there is nothing that it could be done to."))
    return Line(work.account_id, work.file.who.customer_name, planned, problems)
