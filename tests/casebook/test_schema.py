from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from arrears.casebook import law_tables, people_tables
from arrears.casebook.fold import fold
from arrears.casebook.schema import MIGRATIONS, open_casebook
from arrears.domain.episode_fold import FoldRules
from arrears.errors import CasebookError, UsageError
from tests.casebook.nights import ZONE, always, day, run_of


@pytest.fixture
def with_an_event(engine: Engine, source: str) -> Iterator[Engine]:
    fold(run_of(source, day(1)), always({"a": "red"}), engine, FoldRules(), ZONE)
    yield engine
    with engine.connect() as connection:
        assert connection.execute(text("SELECT actor FROM event")).scalars().all() == ["run"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = 'x'",
        "UPDATE event SET actor = 'x' WHERE false",
        "DELETE FROM event",
        "TRUNCATE event",
        "TRUNCATE run CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM event",
    ],
)
def test_the_event_log_is_append_only(with_an_event: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="event is append-only"), with_an_event.begin() as connection:
        connection.execute(text(statement))


def test_one_open_episode_per_account_and_timeline(with_an_event: Engine) -> None:
    second = (
        "INSERT INTO episode SELECT {timeline}, 'other', account_id, raised_on, level, state, calmer, seq, outcome, "
        "resolved_on, owner, follow_up_on, is_quiet FROM episode"
    )
    with with_an_event.begin() as connection:
        connection.execute(text(second.format(timeline="'shadow'")))
    with pytest.raises(DBAPIError, match="episode_one_open_per_account"), with_an_event.begin() as connection:
        connection.execute(text(second.format(timeline="timeline") + " WHERE timeline = 'live'"))


def test_the_migrations_make_the_tables_that_the_code_knows(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "casebook_version", "compare_type": True, "compare_server_default": True}
        )
        (known,) = {law_tables.hold.metadata, people_tables.person.metadata}
        assert compare_metadata(context, known) == []


def test_opening_again_changes_nothing(engine: Engine, url: str, source: str) -> None:
    fold(run_of(source, day(1)), always({"a": "red"}), engine, FoldRules(), ZONE)
    again = open_casebook(url, source)
    with again.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 1
        newest = ScriptDirectory(str(MIGRATIONS)).get_heads()
        assert connection.execute(text("SELECT version_num FROM casebook_version")).scalars().all() == newest
        assert len(newest) == 1
    again.dispose()


def test_sources_do_not_see_each_other(engine: Engine, url: str, source: str) -> None:
    other = open_casebook(url, f"{source}_too")
    fold(run_of(source, day(1)), always({"a": "red"}), engine, FoldRules(), ZONE)
    with other.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM run")).scalar_one() == 0
    other.dispose()


def opened(url: str, source: str) -> bool:
    open_casebook(url, source).dispose()
    return True


def test_processes_may_open_it_at_once(url: str, source: str) -> None:
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        assert all(pool.map(opened, [url] * 6, [source] * 6))


@pytest.mark.parametrize("source", ["", "Demo", "1st", "a b", 'a"; DROP SCHEMA x', "pg_toast", "public", "x" * 49])
def test_a_source_that_cannot_name_a_schema_is_refused(source: str) -> None:
    with pytest.raises(UsageError, match="cannot name a schema"):
        open_casebook("postgresql+psycopg://nowhere", source)


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    with pytest.raises(CasebookError, match="cannot be reached") as caught:
        open_casebook("postgresql+psycopg://me:secret@127.0.0.1:1/arrears", "demo")
    assert "secret" not in str(caught.value)
