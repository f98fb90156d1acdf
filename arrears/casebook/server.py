"""The embedded PostgreSQL server: started by whoever needs it first, stopped by whoever leaves last.

Beside the data folder lie three files locked by `flock`, so that the kernel lets go of what a killed process held:
`postgres.lock` while someone starts or stops the server, `postgres.users` (shared) as long as a process uses it, and
`postgres.alive`, inherited by the server and every process it forks.
"""

import fcntl
import os
import pwd
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from arrears.casebook.server_home import make_home
from arrears.errors import CasebookError
from arrears.settings import Settings

DATABASES = ("arrears", "airflow")
START_LIMIT_S = 120.0
"""Recovery after a power failure replays the log first, which may take a while."""
STOP_LIMIT_S = 60.0
PORT = 5432
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@contextmanager
def casebook_url(settings: Settings) -> Iterator[str]:
    """The SQLAlchemy URL of the casebook, good for as long as the context is open."""
    with server(settings):
        yield database_url(settings, "arrears")


@contextmanager
def server(settings: Settings) -> Iterator[None]:
    """Keeps the embedded server up; nothing to do where the settings name a server of your own."""
    if settings.casebook_url is not None:
        yield
        return
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    embedded = Embedded(settings.state)
    users = embedded.join()
    try:
        yield
    finally:
        embedded.leave(users)


def database_url(settings: Settings, database: str) -> str:
    """The SQLAlchemy URL of `arrears` (the casebook) or of another database of the same server."""
    if settings.casebook_url is not None:
        if database == "arrears":
            return settings.casebook_url
        return make_url(settings.casebook_url).set(database=database).render_as_string(hide_password=False)
    query = {"host": Embedded(settings.state).socket_folder(), "port": str(PORT)}
    url = URL.create("postgresql+psycopg", username="postgres", database=database, query=query)
    return url.render_as_string(hide_password=False)


@dataclass(frozen=True)
class Embedded:
    """The server of one state folder."""

    state: Path

    @property
    def data(self) -> Path:
        return self.state / "postgres"

    @property
    def log(self) -> Path:
        return self.state / "postgres.log"

    def join(self) -> int:
        """Starts the server unless it runs; returns the descriptor that counts this process as a user."""
        with self._alone():
            users = self._open("postgres.users")
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                if not self._answers():
                    self._start()
                self._create_databases()
            except BaseException:
                os.close(users)
                raise
        return users

    def leave(self, users: int) -> None:
        with self._alone():
            os.close(users)
            if self._is_free("postgres.users") and not self._is_free("postgres.alive"):
                self._stop()

    def socket_folder(self) -> str:
        """Where the running server listens, as it says itself: another process may have another temp folder."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()[4]
        except (FileNotFoundError, IndexError):
            raise CasebookError(f"The embedded PostgreSQL server of {self.state} is not running.") from None
        except PermissionError:
            raise CasebookError(
                f"{self.data} belongs to {_name(self.data)}; use this deployment as that user or as root."
            ) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = self._open("postgres.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _open(self, name: str) -> int:
        path = self.state / name
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except PermissionError as error:
            raise CasebookError(f"{path} cannot be opened: {error.strerror}; it belongs to {_name(path)}.") from error
        owner = self.state.stat()
        if os.geteuid() == 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def _is_free(self, name: str) -> bool:
        descriptor = self._open(name)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _answers(self) -> bool:
        """Waits for a server that is still starting, and for the last processes of a killed one to go."""
        deadline = time.monotonic() + START_LIMIT_S
        while not self._is_free("postgres.alive"):
            with suppress(CasebookError, psycopg.OperationalError):
                self._connect().close()
                return True
            if time.monotonic() > deadline:
                raise CasebookError(f"PostgreSQL does not answer after {START_LIMIT_S:.0f} s; its log is {self.log}.")
            time.sleep(0.03)
        return False

    def _start(self) -> None:
        home = make_home(self.state, self.data)
        self._drop_stale_pid()
        alive = self._open("postgres.alive")
        fcntl.flock(alive, fcntl.LOCK_EX)
        quoted = str(home.socket).replace('"', '""')
        configuration = {**CONFIGURATION, "unix_socket_directories": f'"{quoted}"'}
        postgres = [str(home.programs / "postgres"), "-D", home.data_argument]
        for key, value in configuration.items():
            postgres += ["-c", f"{key}={value}"]
        # The shell forks and ends, so that the server is no child of ours: it outlives us, and leaves us no zombie.
        command = ["/bin/sh", "-c", '"$@" &', "sh", *postgres]
        log = self._open(self.log.name)
        try:
            home.run(command, cwd=self.data, stdout=log, stderr=log, pass_fds=(alive,), start_new_session=True)
        finally:
            os.close(log)
            os.close(alive)
        if not self._answers():
            _remove(home.socket)
            lines = self.log.read_text(errors="replace").splitlines()[-3:]
            raise CasebookError(f"PostgreSQL did not start: {' / '.join(lines)} (its log is {self.log})")

    def _drop_stale_pid(self) -> None:
        """PostgreSQL replaces a stale pid file itself unless another process carries that number by now."""
        path = self.data / "postmaster.pid"
        with suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(path.read_text().splitlines()[0])
            if psutil.pid_exists(pid) and not self._is_server(pid):
                path.unlink()

    def _is_server(self, pid: int) -> bool:
        with suppress(psutil.Error, OSError):
            process = psutil.Process(pid)
            return process.name() == "postgres" and Path(process.cwd()).samefile(self.data)
        return False

    def _stop(self) -> None:
        socket = Path(self.socket_folder())
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        for how, limit in ((signal.SIGINT, STOP_LIMIT_S), (signal.SIGQUIT, 10.0)):
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            deadline = time.monotonic() + limit
            while time.monotonic() < deadline:
                if self._is_free("postgres.alive"):
                    _remove(socket)
                    return
                time.sleep(0.02)
        raise CasebookError(f"PostgreSQL (process {pid}) does not stop; its log is {self.log}.")

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host=self.socket_folder(),
            port=PORT,
            user="postgres",
            dbname="postgres",
            connect_timeout=10,
            autocommit=True,
        )

    def _create_databases(self) -> None:
        with self._connect() as connection:
            present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
            for database in DATABASES:
                if database not in present:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _remove(socket: Path) -> None:
    """Removes the deployment's folder in the temp folder, unless the server said another one than we make."""
    if socket.parent.name.startswith("arrears-"):
        shutil.rmtree(socket.parent, ignore_errors=True)


def _name(path: Path) -> str:
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
