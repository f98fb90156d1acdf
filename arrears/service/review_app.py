"""The review app as a process of ours: its port, its first account, and when it is up."""

import datetime as dt
import sys
import urllib.request

from arrears.casebook.schema import open_casebook
from arrears.casebook.server import database_url
from arrears.review import people
from arrears.service.environment import environment, log_folder, recorded_port, write_private
from arrears.service.processes import Component, start
from arrears.settings import Settings

FIRST_PORT = 8180
PORT_NAME = "review-port"
FIRST_ACCOUNT = "first-account"
"""Holds the name and first password of an account that nobody has signed in with yet."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def port(settings: Settings) -> int:
    """The port that the app was last given."""
    return recorded_port(settings, PORT_NAME, FIRST_PORT)


def review_address(settings: Settings) -> str:
    return f"http://127.0.0.1:{port(settings)}/"


def start_review(settings: Settings) -> Component:
    """Needs a server of the casebook, and a port that was chosen."""
    command = [sys.executable, "-m", "arrears.web", "--port", str(port(settings))]
    return start("review app", command, environment(settings), log_folder(settings) / "review.log")


def answers(settings: Settings) -> bool:
    try:
        with _OPENER.open(review_address(settings) + "healthy", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def first_account(settings: Settings) -> tuple[str, str] | None:
    """Name and password to sign in with where nobody could yet; the same again until that password was changed."""
    path = settings.state / FIRST_ACCOUNT
    engine = open_casebook(database_url(settings, "arrears"), settings.source)
    try:
        made = people.first_account(engine, dt.datetime.now(dt.UTC))
        if made is not None:
            write_private(path, "\n".join(made))
        if not path.exists():
            return None
        name, password = path.read_text(encoding="utf-8").splitlines()
        with engine.connect() as connection:
            if people.named(connection, name).person.must_change_password:
                return name, password
        path.unlink()
        return None
    finally:
        engine.dispose()
