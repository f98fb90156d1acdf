"""What must be there before Airflow runs: its folder, the secrets, its tables in the metadata database."""

import fcntl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import sqlalchemy as sa

from arrears.casebook.server import database_url, server
from arrears.errors import CasebookError
from arrears.service.environment import airflow_command, airflow_home, environment, log_folder, write_secrets
from arrears.service.processes import ServiceError
from arrears.settings import Settings


@contextmanager
def ready(settings: Settings) -> Iterator[None]:
    """Keeps the database up, and has everything made that an Airflow process needs."""
    with server(settings):
        bootstrap(settings)
        yield


def bootstrap(settings: Settings) -> None:
    """Needs a running server; at most one process does it at a time, and what is done is not done again."""
    home = airflow_home(settings)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_secrets(settings)
        _migrate(settings)


def _migrate(settings: Settings) -> None:
    """`airflow db migrate` takes seconds even when nothing is to do, so its result is noted with the version."""
    note = airflow_home(settings) / "migrated"
    wanted = f"{version('apache-airflow')} {_revision(settings)}"
    if note.exists() and note.read_text() == wanted:
        return
    log = log_folder(settings) / "migrate.log"
    with log.open("wb") as output:
        result = subprocess.run(
            airflow_command("db", "migrate"),
            env=environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
        )
    if result.returncode != 0:
        raise ServiceError(f"Airflow could not make its tables; the log is {log}.")
    note.write_text(f"{version('apache-airflow')} {_revision(settings)}")


def _revision(settings: Settings) -> str | None:
    """The revision of Airflow's tables; None in an empty database."""
    engine = sa.create_engine(database_url(settings, "airflow"))
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    except sa.exc.OperationalError as error:
        cause = str(error.orig).splitlines()[0]
        raise CasebookError(f"The database airflow, for Airflow's metadata, cannot be reached: {cause}") from error
    finally:
        engine.dispose()
