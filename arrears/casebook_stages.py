"""The stages of a run that write the casebook: what each reads, and in whose hands it lays the work. Stages are imported when
they run."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from arrears.deployment import lake_of, load_rules, load_source, notices_folder
from arrears.domain.run import Receipt, Run, RunKind
from arrears.settings import ROOT, settings

if TYPE_CHECKING:
    from decimal import Decimal

    import pyarrow as pa
    import sqlalchemy as sa

    from arrears.domain.approval import ApprovalRules
    from arrears.domain.episode import Episode
    from arrears.domain.law.rules import Pack
    from arrears.notices.candidates import Candidate
    from arrears.notices.draft import Stationery
    from arrears.review.lawful import LawDesk


def fold(runs: Sequence[Run], engine: "sa.Engine") -> list[Receipt]:
    from arrears.casebook import store
    from arrears.casebook.fold import COLUMNS, fold_nights
    from arrears.domain.episode_fold import FoldRules

    rules = []
    for run in runs:
        values = load_rules(run.as_of)[1].values
        numbers = (values.calmer_nights, values.horizon_days, values.cool_down_days)
        rules.append(FoldRules(*(int(number.value) for number in numbers)))
    zone, signals_of = load_source(runs[0].source).zone, partial(_signals_of, columns=COLUMNS)
    told = {run.run_key for run in runs if store.stored_receipt(engine, run, "fold")}
    receipts = fold_nights(list(zip(runs, rules, strict=True)), signals_of, engine, zone, _paid_of)
    return [
        _settle(run, each, engine, is_new=run.run_key not in told) for run, each in zip(runs, receipts, strict=True)
    ]


def _settle(run: Run, folded: Receipt, engine: "sa.Engine", *, is_new: bool) -> Receipt:
    """Plans and requests after a live night, told with what it folded, and once with what waits for a person."""
    from arrears.casebook import store
    from arrears.review.plans import settle

    if run.kind is not RunKind.NIGHTLY:
        return folded
    remarks = settle(engine, run, settings(), lake_of(run.source))
    if is_new:
        remarks += waiting(run, engine)
    if not remarks:
        return folded
    receipt = replace(folded, remarks=(*folded.remarks, *remarks))
    store.record_receipt(engine, run, receipt)
    return receipt


def waiting(run: Run, engine: "sa.Engine") -> tuple[str, ...]:
    """Holds that expired, approvals and contests that wait, in sentences, as of the run."""
    from arrears.domain.law.acts import RUN
    from arrears.review.law_waiting import waits

    def rules() -> "tuple[ApprovalRules, Pack]":
        desk = law_desk(run.source, engine, RUN, run.known_at)
        return desk.rules, desk.pack

    return waits(engine, run, rules)


def decide(runs: Sequence[Run], engine: "sa.Engine") -> list[Receipt]:
    from arrears.casebook.decide import decide_nights
    from arrears.casebook.proposals import stored_night

    lake = lake_of(runs[0].source)
    with lake.reading():
        receipts = decide_nights(runs, lambda run: stored_night(run, lake), engine, settings())
    if runs[-1].kind is RunKind.NIGHTLY:
        _keep_case_facts(runs[-1], engine)
    return receipts


def _keep_case_facts(run: Run, engine: "sa.Engine") -> None:
    """What the pages of cases show of the night: of every account that it warns of, and of those whose case still stands."""
    from arrears.casebook.read import standing_now
    from arrears.casebook.tables import LIVE
    from arrears.review.case_facts import keep

    with engine.connect() as connection:
        standing = {each.account_id for each in standing_now(connection, LIVE)}
    keep(run, standing, settings(), lake_of(run.source))


def law(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.domain.law.acts import RUN
    from arrears.review.law_night import law

    return law(run, lambda: law_desk(run.source, engine, RUN, run.known_at), engine)


def law_desk(source: str, engine: "sa.Engine", actor: str, at: dt.datetime) -> "LawDesk":
    """Where somebody acts in cases of the law at an instant: by the pack that the source names (`jurisdiction`) and the rules
    of approval in force on that local day. PolicyError when one of them is wrong, or the day's year has no calendar."""
    from arrears.policy.approvals import load_approvals
    from arrears.policy.law import load_pack
    from arrears.policy.notices import load_notices
    from arrears.review.law_facts import known_of
    from arrears.review.lawful import LawDesk

    here, declared = settings(), load_source(source)
    day = at.astimezone(declared.zone).date()
    return LawDesk(
        engine,
        source,
        actor,
        at,
        load_pack(here.policy, declared.declared.jurisdiction, day),
        load_approvals(here.policy, day),
        lambda run, accounts: known_of(run, here, lake_of(source), accounts),
        load_notices(here.policy if (here.policy / "notices").is_dir() else ROOT / "policy", day).stop_hour,
    )


def worklist(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.review.worklist_fill import fill

    capacity = load_rules(run.as_of)[1].credit.capacity
    return fill(run, engine, settings(), lake_of(run.source), capacity)


def draft(run: Run, engine: "sa.Engine") -> Receipt:
    from arrears.casebook import store
    from arrears.notices.candidates import COLUMNS
    from arrears.notices.draft import draft
    from arrears.notices.facts import open_facts
    from arrears.review.plans import in_force

    here, lake = settings(), lake_of(run.source)
    with lake.reading(), open_facts(run, here, lake) as facts_of:
        stationery = stationery_of(run)
        folder, signals_of = notices_folder(run.source), partial(_signals_of, columns=COLUMNS)
        more = partial(_letters, run=run, engine=engine, service_days=stationery.sender.rules.service_days.value)
        receipt = draft(run, signals_of, facts_of, engine, stationery, folder, in_force(engine), more)
    if run.kind is not RunKind.DRY_RUN:
        store.finish_run(engine, run)
    return receipt


def stationery_of(run: Run) -> "Stationery":
    """What the run's notices are written with, tried whole; PolicyError with file and line for the first that is wrong."""
    from arrears.notices.draft import Stationery
    from arrears.notices.stationery import load_sender, load_tried
    from arrears.policy.credit import load_credit
    from arrears.review.decided import decided_of
    from arrears.snapshot.catalogue import load_catalogue

    here, source = settings(), load_source(run.source)
    own, labels = here.templates / "notices", load_catalogue(here.sql).labels()
    sender = load_sender(here.policy, source.declared, labels, run.as_of)
    reasons = lake_of(run.source).stage("signals", run).manifest["reasons"]
    return Stationery(
        sender, load_tried(own, sender), decided_of(reasons), load_credit(here.policy, run.as_of).plans.rules
    )


def _letters(connection: "sa.Connection", *, run: Run, engine: "sa.Engine", service_days: int) -> "list[Candidate]":
    """What cases of the law and answered contests have to tell."""
    from arrears.domain.law.acts import RUN
    from arrears.review.contest_letters import answers
    from arrears.review.law_letters import letters

    of_cases = letters(connection, run, lambda: law_desk(run.source, engine, RUN, run.known_at), service_days)
    return [*of_cases, *answers(connection, run)]


def _signals_of(night: Run, columns: Sequence[str]) -> "Iterator[pa.Table]":
    """With those of the columns that the night has."""
    import pyarrow.parquet as pq

    for path in lake_of(night.source).stage("signals", night).files:
        with pq.ParquetFile(path) as file:
            yield file.read([name for name in file.schema_arrow.names if name in columns])


def _paid_of(night: Run, episodes: "Sequence[Episode]") -> "Mapping[str, Decimal]":
    from arrears.casebook.promises import paid_by_promise

    return paid_by_promise(night, episodes, settings(), lake_of(night.source))
