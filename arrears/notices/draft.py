"""Payment reminders for the accounts that are warned tonight: drafted once, kept, and never sent from here."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine

from arrears.casebook import read, store
from arrears.casebook.fold import SignalsOf, timeline_of
from arrears.casebook.read import Night
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.episode import Episode
from arrears.domain.money import ZERO
from arrears.domain.notice import FIRST_STEP, Notice, NoticeKind, SubjectType, notice_id
from arrears.domain.run import Receipt, Run, RunKind
from arrears.errors import CasebookError
from arrears.notices.context import AccountFacts, Labels, ReminderSignal, reminder_context
from arrears.notices.render import SUFFIXES, NoticeTemplates
from arrears.sources.mapping import SourceFile

FactsOf = Callable[[Sequence[str]], Iterable[AccountFacts]]
"""The facts of these accounts as known by the run, in any order; none of one whose customer is not known."""

STAGE = "draft"
BATCH = 500
TOLD = 3
REASONS = ("reason_1", "reason_2", "reason_3", "reason_4")
COLUMNS = ("account_id", "open_amount", "overdue_amount", "next_due_on", "next_due_amount", *REASONS)


@dataclass(frozen=True, slots=True)
class Stationery:
    """What every letter of a source is written with."""

    source: SourceFile
    templates: NoticeTemplates
    labels: Labels


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An account that is to be reminded because of its open episode."""

    signal: ReminderSignal
    episode: Episode

    @property
    def notice_id(self) -> str:
        return notice_id(
            self.signal.account_id,
            NoticeKind.PAYMENT_REMINDER,
            SubjectType.EPISODE,
            self.episode.episode_id,
            FIRST_STEP,
        )


def draft(
    run: Run, signals_of: SignalsOf, facts_of: FactsOf, engine: Engine, stationery: Stationery, out_folder: Path
) -> Receipt:
    """One reminder for each warned account with an open episode, the treatment `reminder` and something coming due.

    An episode that has its letter gets no second one. Files go to `out_folder/as_of=…`, those of a shadow to
    `out_folder/<timeline>/as_of=…`, all in place before the rows are committed.
    """
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
            raise CasebookError(f"the night of {run.as_of} is not folded yet: no reminder can be drafted for it")
        if timeline != LIVE:
            store.clear_shadow_notices(connection, timeline, run)
        folder = _folder(out_folder, timeline, run)
        receipt = _draft(connection, timeline, run, signals_of, facts_of, stationery, folder)
        receipt = replace(receipt, remarks=(*receipt.remarks, *_later_nights(nights, run)))
        store.write_receipt(connection, run, receipt)
    return receipt


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


def _draft(
    connection: Connection,
    timeline: str,
    run: Run,
    signals_of: SignalsOf,
    facts_of: FactsOf,
    stationery: Stationery,
    folder: Path,
) -> Receipt:
    episodes = {episode.account_id: episode for episode in read.open_as_of(connection, timeline, run.as_of)}
    found = [each for table in signals_of(run) for each in _candidates(table, episodes)]
    existing = read.existing_notices(connection, timeline, [each.notice_id for each in found])
    new = [each for each in found if each.notice_id not in existing]
    nameless: list[_Candidate] = []
    for number in range(0, len(new), BATCH):
        batch = new[number : number + BATCH]
        facts = {each.account_id: each for each in facts_of([each.signal.account_id for each in batch])}
        nameless += [each for each in batch if each.signal.account_id not in facts]
        known = [each for each in batch if each.signal.account_id in facts]
        notices = [_notice(each, facts[each.signal.account_id], run, stationery) for each in known]
        for notice in notices:
            _write_files(folder, notice)
        store.write_notices(connection, timeline, run, notices)
    money_in, money_new, money_quarantined = _sum(found), _sum(new), _sum(nameless)
    return Receipt(
        STAGE,
        run.run_key,
        rows_in=len(found),
        rows_out=len(new) - len(nameless),
        rows_quarantined=len(nameless),
        rows_repeated=len(found) - len(new),
        money_in=money_in,
        money_out=money_new - money_quarantined,
        money_quarantined=money_quarantined,
        money_repeated=money_in - money_new,
        remarks=_nameless(nameless),
    )


def _nameless(candidates: Sequence[_Candidate]) -> tuple[str, ...]:
    """The first of those whom no letter can be written to. The others get theirs, and these tomorrow, if all is well."""
    if not candidates:
        return ()
    told = ", ".join(each.signal.account_id for each in candidates[:TOLD])
    more = f" and {len(candidates) - TOLD} more" if len(candidates) > TOLD else ""
    return (f"no letter to {told}{more}: the customer is not known; see what the pull set aside",)


def _candidates(table: pa.Table, episodes: dict[str, Episode]) -> Iterator[_Candidate]:
    """Without money coming due there is nothing to remind of; what is overdue alone is for a demand."""
    reminded = pc.and_(pc.equal(table["treatment"], pa.scalar("reminder")), pc.is_valid(table["level"]))
    for row in table.filter(reminded).select(list(COLUMNS)).to_pylist():
        episode = episodes.get(row["account_id"])
        if episode is not None and row["next_due_on"] is not None:
            yield _Candidate(_signal(row), episode)


def _signal(row: dict[str, Any]) -> ReminderSignal:
    return ReminderSignal(
        account_id=row["account_id"],
        open_amount=row["open_amount"],
        overdue_amount=row["overdue_amount"],
        next_due_on=row["next_due_on"],
        next_due_amount=row["next_due_amount"],
        reasons=tuple(row[name] for name in REASONS if row[name] is not None),
    )


def _notice(candidate: _Candidate, facts: AccountFacts, run: Run, stationery: Stationery) -> Notice:
    signal = candidate.signal
    context = reminder_context(candidate.notice_id, signal, facts, run.as_of, stationery.source, stationery.labels)
    return Notice(
        account_id=signal.account_id,
        kind=NoticeKind.PAYMENT_REMINDER,
        subject_type=SubjectType.EPISODE,
        subject_id=candidate.episode.episode_id,
        step=FIRST_STEP,
        language=context.language,
        total_amount=signal.total_amount,
        context=asdict(context),
        renderings=stationery.templates.render(context),
    )


def _folder(out_folder: Path, timeline: str, run: Run) -> Path:
    """Made, and in a shadow emptied of what an earlier try left there."""
    parent = out_folder if timeline == LIVE else out_folder / timeline
    folder = parent / f"as_of={run.as_of}"
    if timeline != LIVE and folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write_files(folder: Path, notice: Notice) -> None:
    for rendering in notice.renderings:
        path = folder / f"{notice.notice_id}.{SUFFIXES[rendering.channel]}"
        path.write_bytes(rendering.body.encode())


def _sum(candidates: Iterable[_Candidate]) -> Decimal:
    return sum((each.signal.total_amount for each in candidates), ZERO)
