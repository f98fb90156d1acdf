"""The stages in order: what opens a run, what a stage gives when it is done already, and what is written down of it."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from arrears import __version__
from arrears.deployment import casebook_of, lake_of, load_rules
from arrears.domain.run import Run, RunKind
from arrears.errors import CasebookError, LakeError, UsageError
from arrears.pipeline import STAGES, open_run, run_stage
from arrears.settings import ROOT
from tests.end_to_end.conftest import Deploy, casebook_server, deploy, deploy_whole, few_books, shared
from tests.end_to_end.deployments import LAKE_STAGES, Books, Deployment, copied, everything, new_casebook

__all__ = ["casebook_server", "deploy", "deploy_whole", "few_books", "shared"]

NIGHT = dt.date(2026, 10, 25)


@pytest.fixture
def deployment(few_books: Books, deploy_whole: Deploy) -> Iterator[Deployment]:
    """Entered: what a test calls works on it."""
    made = deploy_whole(few_books)
    with made.entered():
        yield made


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, few_books: Books, casebook_server: str) -> Deployment:
    """With the night in its lake; no test changes it."""
    own = {**few_books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    made = Deployment(tmp_path_factory.mktemp("made") / "state", own)
    with made.entered():
        for name in LAKE_STAGES:
            run_stage(name, open_run("demo", NIGHT))
    return made


@pytest.fixture
def made(made_once: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    """A copy of it, entered."""
    own = copied(made_once, tmp_path / "made")
    with own.entered():
        yield own


def stored(run: Run) -> sa.Row[tuple[object, ...]]:
    with casebook_of(run.source) as engine, engine.connect() as connection:
        query = "SELECT attempts, finished_at, receipts FROM run WHERE run_key = :key"
        return connection.execute(sa.text(query), {"key": run.run_key}).one()


def test_a_run_stands_at_the_midnight_of_its_source_with_the_rules_in_force(deployment: Deployment) -> None:
    run = open_run("demo", NIGHT)
    card, policy = load_rules(NIGHT)
    assert run == Run(
        source="demo",
        as_of=NIGHT,
        known_at=dt.datetime(2026, 10, 24, 16, tzinfo=dt.UTC),
        kind=RunKind.NIGHTLY,
        code_version=__version__,
        policy_version=policy.version,
        card_version=card.version,
    )
    assert open_run("ibm_ar", dt.date(2013, 7, 1)).known_at == dt.datetime(2013, 7, 1, 4, tzinfo=dt.UTC)


def test_the_policy_is_the_one_in_force_on_the_night(deployment: Deployment, tmp_path: Path) -> None:
    policy = shutil.copytree(ROOT / "policy", tmp_path / "policy")
    levels = policy / "levels" / "2010-01-01.yaml"
    stricter = levels.read_text().replace("then: yellow", "then: red")
    levels.with_name(f"{NIGHT}.yaml").write_text(stricter)
    own = Deployment(deployment.state, {**deployment.environment, "ARREARS_POLICY": str(policy)})
    with own.entered():
        before, on_it = (open_run("demo", night) for night in (NIGHT - dt.timedelta(days=1), NIGHT))
    assert before.policy_version == open_run("demo", NIGHT).policy_version
    assert on_it.policy_version != before.policy_version
    assert on_it.card_version == before.card_version


@pytest.mark.parametrize(
    ("kind", "later", "sentence"),
    [
        (RunKind.RESTATE, None, "needs a known-at that lies after its as-of"),
        (RunKind.RESTATE, dt.timedelta(0), "needs a known-at that lies after its as-of"),
        (RunKind.RESTATE, dt.timedelta(days=-1), "needs a known-at that lies after its as-of"),
        (RunKind.NIGHTLY, dt.timedelta(days=1), "needs a known-at that lies after its as-of"),
        (RunKind.BACKFILL, dt.timedelta(days=1), "needs a known-at that lies after its as-of"),
        (RunKind.RESTATE, dt.timedelta(seconds=1), "must be a midnight of Asia/Shanghai"),
        (RunKind.RESTATE, dt.timedelta(days=36500), "the night of 2026-10-25 has not begun"),
    ],
)
def test_a_known_at_is_for_a_restatement(
    deployment: Deployment, kind: RunKind, later: dt.timedelta | None, sentence: str
) -> None:
    midnight = open_run("demo", NIGHT).known_at
    with pytest.raises(UsageError, match=sentence):
        open_run("demo", NIGHT, kind, None if later is None else midnight + later)


def test_the_future_is_not_known(deployment: Deployment) -> None:
    with pytest.raises(UsageError, match="has not begun; what is recorded by then is not known yet"):
        open_run("demo", dt.datetime.now(dt.UTC).date() + dt.timedelta(days=2))


def test_a_stage_that_is_none_is_refused(deployment: Deployment) -> None:
    with pytest.raises(UsageError, match=rf"there is no stage 'score'; the stages are {', '.join(STAGES)}"):
        run_stage("score", open_run("demo", NIGHT))


@pytest.mark.parametrize(
    ("stage", "missing"),
    [("features", "inputs"), ("scores", "features"), ("signals", "features"), ("fold", "signals")],
)
def test_a_stage_before_its_time_says_what_is_missing(deployment: Deployment, stage: str, missing: str) -> None:
    with pytest.raises(LakeError, match=f"demo: there are no {missing} as of 2026-10-25; `arrears run` makes them"):
        run_stage(stage, open_run("demo", NIGHT))


def test_a_draft_before_the_fold_is_refused(made: Deployment) -> None:
    run = open_run("demo", NIGHT)
    with pytest.raises(CasebookError, match="is not folded yet"):
        run_stage("draft", run)


def test_the_casebook_keeps_each_stage_s_receipt_and_every_try(deployment: Deployment) -> None:
    run = open_run("demo", NIGHT)
    receipts = {name: run_stage(name, run) for name in STAGES[:-1]}
    assert stored(run).finished_at is None
    receipts["draft"] = run_stage("draft", run)
    row = stored(run)
    assert row.receipts == {name: receipt.to_json() for name, receipt in receipts.items()}
    assert row.finished_at is not None
    assert row.attempts == 1
    assert {name: run_stage(name, run) for name in STAGES} == receipts
    assert stored(run).attempts == 2


def test_a_night_stands_as_it_was_made_and_says_so_when_the_rules_are_others(made: Deployment, tmp_path: Path) -> None:
    files = everything(made.state / "lake")
    policy = shutil.copytree(ROOT / "policy", tmp_path / "policy")
    levels = policy / "levels" / "2010-01-01.yaml"
    levels.write_text(levels.read_text().replace("then: yellow", "then: red"))
    own = Deployment(made.state, {**made.environment, "ARREARS_POLICY": str(policy)})
    with own.entered():
        run = open_run("demo", NIGHT)
        for name in LAKE_STAGES:
            receipt = run_stage(name, run)
            assert receipt.run_key == run.run_key
            assert receipt.remarks == (
                f"{name} of {NIGHT} stand as they were made, under other rules than today's; a dry run shows those",
            )
    assert everything(made.state / "lake") == files


def test_a_backfill_of_a_made_night_takes_it_as_it_stands(made: Deployment) -> None:
    nightly = {name: run_stage(name, open_run("demo", NIGHT)) for name in LAKE_STAGES}
    files = everything(made.state / "lake")
    backfill = open_run("demo", NIGHT, RunKind.BACKFILL)
    for name in LAKE_STAGES:
        assert run_stage(name, backfill) == replace(nightly[name], run_key=backfill.run_key)
    assert everything(made.state / "lake") == files


def test_a_dry_run_is_written_down_nowhere(deployment: Deployment) -> None:
    run_stage("pull", open_run("demo", NIGHT))
    dry = open_run("demo", NIGHT, RunKind.DRY_RUN)
    for name in STAGES:
        run_stage(name, dry)
    with pytest.raises(sa.exc.NoResultFound):
        stored(dry)


def test_progress_rises_within_a_stage(deployment: Deployment) -> None:
    run_stage("pull", open_run("demo", NIGHT))
    told: list[tuple[str, float]] = []
    run_stage("features", open_run("demo", NIGHT), lambda what, share: told.append((what, share)))
    assert told
    assert [share for _, share in told] == sorted(share for _, share in told)
    assert {what.partition(",")[0] for what, _ in told} == {"features"}


def test_a_damaged_partition_stops_the_stage_that_finds_it(made: Deployment) -> None:
    run = open_run("demo", NIGHT)
    file = lake_of("demo").stage("scores", run).files[3]
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(LakeError, match=f"{file} is missing or not what its manifest says"):
        run_stage("scores", run)
