"""Notices for the accounts that a night has something to tell: drafted once, kept, and never sent from here."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine

from arrears.casebook import decisions, read, store
from arrears.casebook.drafted import drafted
from arrears.casebook.fold import SignalsOf, timeline_of
from arrears.casebook.read import Night
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.decision import HURTS, DecisionState
from arrears.domain.instalment import PlanRules
from arrears.domain.money import ZERO
from arrears.domain.notice import Channel, Notice, NoticeKind, Rendering, SubjectType
from arrears.domain.request import Request
from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import BalanceError, CasebookError
from arrears.notices import candidates
from arrears.notices.account import AccountFacts, agreed
from arrears.notices.candidates import Candidate, DecidedOf
from arrears.notices.letter import check_letter
from arrears.notices.render import NoticeTemplates
from arrears.notices.steps import Repeat, step_of
from arrears.notices.writing import Sender, Writing

FactsOf = Callable[[Sequence[str]], Iterable[AccountFacts]]
"""The facts of these accounts as known by the run, in any order; none of one whose customer is not known. Asked once."""

STAGE = "draft"
BATCH = 500
TOLD = 3
SUFFIXES = {Channel.EMAIL: "html", Channel.SMS: "sms", Channel.LETTER: "letter.json"}
"""Of the files to be looked at."""


@dataclass(frozen=True, slots=True)
class Stationery:
    """What every notice of a source is written with. `decided_of` puts a confirmed decision into words."""

    sender: Sender
    templates: Mapping[NoticeKind, NoticeTemplates]
    decided_of: DecidedOf
    plan_rules: PlanRules


def draft(
    run: Run,
    signals_of: SignalsOf,
    facts_of: FactsOf,
    engine: Engine,
    stationery: Stationery,
    out_folder: Path,
    plans: Sequence[Request] = (),
    more: Callable[[Connection], Sequence[Candidate]] = lambda _connection: (),
) -> Receipt:
    """What a night has to write about, each once for ever: see `candidates`. `plans` are those in force; `more` is what cases
    of the law and answered contests have to tell, which is live alone.

    Files go to `out_folder/as_of=…`, those of a shadow to `out_folder/<timeline>/as_of=…`, all in place before the rows are
    committed."""
    if run.kind is RunKind.DRY_RUN:
        return Receipt(STAGE, run.run_key, 0, 0, remarks=("a dry run drafts nothing",))
    timeline = timeline_of(run)
    with engine.begin() as connection:
        lock(connection, f"casebook of {run.source}")
        nights = read.nights(connection, timeline)
        if timeline == LIVE:
            stored = read.receipt_of(connection, run, STAGE) or _not_tonight(nights, run)
            if stored is not None:
                return stored
        if all(night.run.run_key != run.run_key for night in nights):
            raise CasebookError(f"the night of {run.as_of} is not folded yet: no notice can be drafted for it")
        if timeline != LIVE:
            store.clear_shadow_notices(connection, timeline, run)
        folder = _folder(out_folder, timeline, run)
        found = _found(connection, timeline, run, signals_of, stationery, plans)
        found += more(connection) if timeline == LIVE else []
        receipt = _draft(connection, timeline, run, found, facts_of, stationery, folder)
        receipt = replace(receipt, remarks=(*receipt.remarks, *_later_nights(nights, run)))
        store.write_receipt(connection, run, receipt)
    return receipt


def draft_beside(
    run: Run,
    found: Sequence[Candidate],
    facts_of: FactsOf,
    engine: Engine,
    stationery: Stationery,
    out_folder: Path,
) -> Receipt:
    """Beside what a live night drafts: each of these that nobody wrote yet, in one transaction. It keeps no receipt, since the
    notices themselves say what was done."""
    with engine.begin() as connection:
        lock(connection, f"casebook of {run.source}")
        return _draft(connection, LIVE, run, found, facts_of, stationery, _folder(out_folder, LIVE, run))


def _not_tonight(nights: Sequence[Night], run: Run) -> Receipt | None:
    """Live letters are written on the latest folded night only: older facts must not reach a customer."""
    latest = nights[-1].run if nights else run
    if latest.as_of < run.as_of or latest.run_key == run.run_key:
        return None
    return Receipt(STAGE, run.run_key, 0, 0, remarks=(f"not drafted: live stands at {latest.as_of}",))


def _later_nights(nights: Sequence[Night], run: Run) -> tuple[str, ...]:
    """In a shadow a night put before others may move an episode's start, and so its letter, to this night."""
    later = [str(night.run.as_of) for night in nights if night.run.as_of > run.as_of]
    return (f"draft the later nights of this shadow again: {', '.join(later)}",) if later else ()


def _found(
    connection: Connection,
    timeline: str,
    run: Run,
    signals_of: SignalsOf,
    stationery: Stationery,
    plans: Sequence[Request],
) -> list[Candidate]:
    """In order of kind and account. What people decided or agreed to is live alone."""
    episodes = {episode.account_id: episode for episode in read.open_as_of(connection, timeline, run.as_of)}
    treated = decisions.standing_at(connection, timeline, "treatment", ("demand", "field_visit"), run.as_of)
    prepay = decisions.standing_at(connection, timeline, "payment_mode", ("prepay",), run.as_of)
    confirmed = _confirmed(connection) if timeline == LIVE else []
    plans = plans if timeline == LIVE else ()
    also = {each.account_id for each in prepay} | {each.decision.account_id for each in confirmed}
    rows = candidates.rows_of(signals_of(run), also | {plan.asked.account_id or "" for plan in plans})
    return [
        *candidates.reminders(rows, episodes),
        *candidates.demands(rows, treated, _repeat(stationery) if timeline == LIVE else None),
        *candidates.offers(rows, prepay),
        *candidates.decisions(rows, confirmed, stationery.decided_of),
        *candidates.agreements(rows, plans, stationery.plan_rules),
    ]


def _repeat(stationery: Stationery) -> Repeat:
    rules = stationery.sender.rules
    return Repeat(dt.timedelta(days=rules.demand_again_days.value), rules.demand_times)


def _confirmed(connection: Connection) -> list[decisions.Recorded]:
    return [each for axis in HURTS for each in decisions.in_force(connection, axis=axis, state=DecisionState.CONFIRMED)]


def _draft(
    connection: Connection,
    timeline: str,
    run: Run,
    found: Sequence[Candidate],
    facts_of: FactsOf,
    stationery: Stationery,
    folder: Path,
) -> Receipt:
    due = _due(connection, timeline, run, found, ZoneInfo(stationery.sender.source.zone))
    new: dict[str, list[Candidate]] = {}
    for each in due:
        new.setdefault(each.account_id, []).append(each)
    unset: list[str] = []
    aside: list[tuple[Candidate, str]] = []
    known = iter(facts_of(list(new)) if new else ())
    while batch := list(islice(known, BATCH)):
        notices = [
            notice
            for facts in batch
            for each in new.pop(facts.account_id)
            if (notice := _unless_its_case_differs(each, facts, run, stationery, unset, aside))
        ]
        for notice in notices:
            _write_files(folder, notice)
        store.write_notices(connection, timeline, run, notices)
    store.analyze_grown(connection)
    nameless = [each for group in new.values() for each in group]
    remarks = [*_nameless([each.account_id for each in nameless]), *_first_of((why for _, why in aside), "set aside")]
    remarks += _first_of(unset, "letters that cannot be set")
    quarantined = [*nameless, *(each for each, _ in aside)]
    repeated = len(found) - len(due)
    money_in, money_quarantined = _sum(found), _sum(quarantined)
    money_repeated = money_in - _sum(due)
    return Receipt(
        STAGE,
        run.run_key,
        rows_in=len(found),
        rows_out=len(due) - len(quarantined),
        rows_quarantined=len(quarantined),
        rows_repeated=repeated,
        money_in=money_in,
        money_out=money_in - money_repeated - money_quarantined,
        money_quarantined=money_quarantined,
        money_repeated=money_repeated,
        remarks=tuple(remarks),
    )


def _due(
    connection: Connection, timeline: str, run: Run, found: Sequence[Candidate], zone: ZoneInfo
) -> list[Candidate]:
    """Those that nobody wrote yet, each under the step that it has tonight."""
    before = drafted(connection, timeline, [each.account_id for each in found], [each.subject_id for each in found])
    due = []
    for each in found:
        about = (each.account_id, each.kind, each.subject_type.value, each.subject_id)
        step = step_of(
            each.step, before.get(about, ()), renews=each.renews, repeat=each.repeat, as_of=run.as_of, zone=zone
        )
        if step is not None:
            due.append(replace(each, step=step))
    return due


def _nameless(accounts: Sequence[str]) -> list[str]:
    """The first of those whom nothing can be written to. The others get theirs, and these tomorrow, if all is well."""
    if not accounts:
        return []
    more = f" and {len(accounts) - TOLD} more" if len(accounts) > TOLD else ""
    return [f"no letter to {', '.join(accounts[:TOLD])}{more}: the customer is not known; see what the pull set aside"]


def _first_of(sentences: Iterable[str], what: str) -> list[str]:
    told = list(sentences)
    more = len(told) - TOLD
    return [*told[:TOLD], *([f"and {more} more {what}"] if more > 0 else [])]


def _unless_its_case_differs(
    candidate: Candidate,
    facts: AccountFacts,
    run: Run,
    stationery: Stationery,
    unset: list[str],
    aside: list[tuple[Candidate, str]],
) -> Notice | None:
    """None for a case whose bills the law and the books see differently: nothing hurtful is told on sums that are in doubt, and
    the others are told theirs. It is due again tomorrow. Any other difference stops the stage."""
    try:
        return _notice(candidate, facts, run, stationery, unset)
    except BalanceError as error:
        if candidate.subject_type is not SubjectType.CASE:
            raise
        aside.append((candidate, f"set aside, {candidate.kind.value}: {error}"))
        return None


def _notice(candidate: Candidate, facts: AccountFacts, run: Run, stationery: Stationery, unset: list[str]) -> Notice:
    """What cannot be set as a letter is told in `unset`, and goes out by the other channels."""
    if candidate.owed is not None:
        agreed(candidate.owed, facts, run.as_of)
    context = candidate.write(Writing(stationery.sender, candidate.notice_id, facts, run.as_of, candidate.step))
    renderings = stationery.templates[candidate.kind].render(context)
    return Notice(
        account_id=candidate.account_id,
        kind=candidate.kind,
        subject_type=candidate.subject_type,
        subject_id=candidate.subject_id,
        step=candidate.step,
        language=context.language,
        total_amount=candidate.amount,
        context=asdict(context),
        renderings=tuple(_settable(renderings, candidate.account_id, unset)),
    )


def _settable(renderings: Iterable[Rendering], account_id: str, unset: list[str]) -> Iterator[Rendering]:
    for each in renderings:
        if each.channel is Channel.LETTER:
            try:
                check_letter(each.body, account_id)
            except CasebookError as error:
                unset.append(str(error))
                continue
        yield each


def _folder(out_folder: Path, timeline: str, run: Run) -> Path:
    """Made, and in a shadow emptied of what an earlier try left there."""
    parent = out_folder if timeline == LIVE else out_folder / timeline
    folder = parent / f"as_of={run.as_of}"
    if timeline != LIVE and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_files(folder: Path, notice: Notice) -> None:
    notice_id = notice.notice_id
    for rendering in notice.renderings:
        path = folder / f"{notice_id}.{SUFFIXES[rendering.channel]}"
        path.write_bytes(rendering.body.encode())
        if rendering.text is not None:
            path.with_suffix(".txt").write_bytes(rendering.text.encode())


def _sum(found: Iterable[Candidate]) -> Decimal:
    return sum((each.amount for each in found), ZERO)
