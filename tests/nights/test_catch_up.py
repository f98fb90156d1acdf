"""After an outage: episodes as if each night had run in time, and letters once."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from arrears.casebook import read
from arrears.casebook.tables import LIVE
from arrears.deployment import casebook_of
from arrears.domain.run import RunKind
from arrears.errors import UsageError
from arrears.nights import catch_up_unasked
from arrears.nights.catch_up import catch_up_before, missed_nights
from arrears.pipeline import STAGES, open_run, run_stage
from tests.cli.conftest import Arrears
from tests.end_to_end.deployments import Deployment, copied, new_casebook
from tests.nights.conftest import NIGHTS, DeploySmall
from tests.nights.small_books import SmallBooks

BEFORE, MISSED, TONIGHT = NIGHTS[0], NIGHTS[1:3], NIGHTS[3]


def ask(deployment: Deployment, query: str) -> list[tuple[object, ...]]:
    with deployment.entered(), casebook_of("small") as engine, engine.connect() as connection:
        return sorted((tuple(row) for row in connection.execute(sa.text(query))), key=repr)


EPISODES = (
    "SELECT account_id, raised_on, level, state, calmer, seq, outcome, resolved_on FROM episode WHERE timeline = 'live'"
)
EVENTS = "SELECT stream_id, seq, type, CAST(body AS text), occurred_at FROM event"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory, books: SmallBooks, casebook_server: str) -> Deployment:
    """The night before the outage; no test changes it."""
    environment = {**books.environment, "ARREARS_CASEBOOK_URL": new_casebook(casebook_server)}
    deployment = Deployment(tmp_path_factory.mktemp("before") / "state", environment)
    deployment.whole_night(BEFORE, source="small")
    return deployment


@pytest.fixture(scope="module")
def in_time(tmp_path_factory: pytest.TempPathFactory, before: Deployment) -> Deployment:
    """Each night on its day."""
    deployment = copied(before, tmp_path_factory.mktemp("in_time") / "state")
    for night in NIGHTS[1:]:
        deployment.whole_night(night, source="small")
    return deployment


def test_episodes_are_as_if_each_night_had_run_in_time_and_letters_come_once(
    arrears: Arrears, tmp_path: Path, before: Deployment, in_time: Deployment
) -> None:
    deployment = copied(before, tmp_path / "state")
    told = arrears(deployment, "catch-up", "--as-of", str(TONIGHT))
    assert told.code == 0, told.err
    assert f"2 missed nights, {MISSED[0]} to {MISSED[1]}" in told.out
    assert ask(deployment, EPISODES) == ask(in_time, EPISODES)
    assert ask(deployment, EVENTS) == ask(in_time, EVENTS)

    drafted = "SELECT run.as_of, notice.account_id FROM notice JOIN run USING (run_key)"
    letters = ask(deployment, f"{drafted} WHERE notice.kind = 'payment_reminder'")
    assert {as_of for as_of, _ in letters} == {BEFORE, TONIGHT}
    accounts = [account_id for _, account_id in letters]
    assert len(accounts) == len(set(accounts)), "one account, one letter"
    open_tonight = {row[0] for row in ask(deployment, EPISODES) if row[3] != "resolved"}
    assert {account_id for as_of, account_id in letters if as_of == TONIGHT} <= open_tonight
    folders = {path.name for path in (deployment.state / "notices" / "small").iterdir()}
    assert folders == {f"as_of={BEFORE}", f"as_of={TONIGHT}"}

    unfinished = ask(deployment, "SELECT as_of FROM run WHERE finished_at IS NULL")
    assert unfinished == []
    with deployment.entered():
        assert missed_nights(open_run("small", TONIGHT)) == []
        late = run_stage("draft", open_run("small", MISSED[1]))
        assert "not drafted" in late.remarks[0], "nobody is written to once more"
    assert arrears(deployment, "catch-up", "--as-of", str(TONIGHT)).out.startswith("0 missed nights\n")


def test_the_schedule_catches_up_by_itself_as_far_as_it_is_allowed(
    tmp_path: Path, books: SmallBooks, deploy_small: DeploySmall, before: Deployment
) -> None:
    with deploy_small(books).entered():
        assert missed_nights(open_run("small", TONIGHT)) == [], "before the first live night nothing was missed"
    deployment = copied(before, tmp_path / "state")
    with deployment.entered():
        tonight = open_run("small", TONIGHT)
        assert missed_nights(open_run("small", TONIGHT, RunKind.BACKFILL)) == []
        assert missed_nights(open_run("small", BEFORE)) == []
        assert missed_nights(tonight) == list(MISSED)
        with pytest.raises(
            UsageError, match=f"2 nights before {TONIGHT} were missed, from {MISSED[0]} on, more than the 1"
        ):
            catch_up_before(tonight, most=1)
        assert missed_nights(tonight) == list(MISSED)
        catch_up_unasked(tonight)
        for name in STAGES:
            run_stage(name, tonight)
        with casebook_of("small") as engine, engine.connect() as connection:
            assert [night.run.as_of for night in read.nights(connection, LIVE)] == list(NIGHTS)


@pytest.mark.drill
def test_a_back_stamped_row_is_known_to_no_missed_night(
    tmp_path_factory: pytest.TempPathFactory, deploy_small: DeploySmall
) -> None:
    """It came while nobody pulled, and says that it was recorded before the outage."""
    from arrears.engine import duckdb as engine
    from arrears.lake.gate import is_known_sql
    from tests.nights.small_books import small_books

    books = small_books(tmp_path_factory.mktemp("stamped") / "books")
    books.account("A1")
    books.bill("B1", "A1", "2026-09-01", "2026-09-20", "100.00")
    deployment = deploy_small(books)
    deployment.whole_night(BEFORE, source="small")
    books.payment("P1", "A1", "2026-09-25", "100.00", recorded_at=f"{BEFORE - dt.timedelta(days=1)} 10:00:00.000000")
    with deployment.entered("small") as lake:
        tonight = open_run("small", TONIGHT)
        catch_up_before(tonight)
        files = [path for found in lake.raw("payment") for path in found.files]
        knows = {}
        for night in NIGHTS:
            with engine.reading(files, "raw") as con:
                known = is_known_sql(open_run("small", night).known_at)
                knows[night] = engine.one(con, f"SELECT count(*) FROM raw WHERE {known}")[0]
    assert knows == {BEFORE: 0, **dict.fromkeys(MISSED, 0), TONIGHT: 1}
