"""A night of books as nobody would type them: names that are scripts, run backwards, have no letters or no end, and rows that
break a rule. For tests of the app as a whole."""

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.conftest import NIGHT
from tests.end_to_end.deployments import Books, Deployment, copied_casebook, new_casebook, once

ODD = (
    '<script>alert("a")</script><img src=x onerror=alert(1)>',
    "\u202eعبد الله بن يوسف\u2066 (x) \u200f",
    "👩🏽\u200d🔧🇨🇳 ⚡⚡",
    "长" * 250 + "W" * 250,
    '=HYPERLINK("http://evil.example","\'{{ 7*7 }} %s")',
)
"""Names and addresses of customers who are warned of, or to be visited."""
UNREADABLE = ("12,50", "<b>9</b>")
"""Amounts of payments."""
NOBODYS = ("9999999998", "9999999999")
"""Accounts of payments that no customer has."""
CHOSEN = """
    (SELECT account_id FROM {schema}.worklist ORDER BY account_id LIMIT 5)
    UNION ALL (SELECT account_id FROM {schema}.decision WHERE value = 'field_visit' ORDER BY account_id LIMIT 5)
"""


@pytest.fixture(scope="session")
def odd_night(shared: Path, few_books: Books, stored: Deployment, casebook_server: str) -> Deployment:
    """The same utility as the stored night's, made once for all processes."""
    folder = shared / "odd"
    made = folder / "casebook"
    books = Books(folder / "billing.db", few_books.meter)
    with once(folder) as is_first:
        if is_first:
            shutil.copyfile(few_books.billing, books.billing)
            _write(books.billing, _accounts(stored))
            url = new_casebook(casebook_server)
            Deployment(folder / "state", {**books.environment, "ARREARS_CASEBOOK_URL": url}).whole_night(NIGHT)
            made.write_text(url)
    return Deployment(folder / "state", {**books.environment, "ARREARS_CASEBOOK_URL": made.read_text()})


@pytest.fixture(scope="module")
def deployment(odd_night: Deployment) -> Deployment:
    """That night, with a casebook of this module's own in which its tests act."""
    url = copied_casebook(odd_night.environment["ARREARS_CASEBOOK_URL"])
    own = {
        "ARREARS_CASEBOOK_URL": url,
        "ARREARS_BUSINESS_DAY": NIGHT.isoformat(),
        "ARREARS_TRIAL_FOLDER": str(odd_night.state.parent / "trial"),
    }
    return Deployment(odd_night.state, {**odd_night.environment, **own})


def _accounts(stored: Deployment) -> Sequence[str]:
    engine = create_engine(stored.environment["ARREARS_CASEBOOK_URL"])
    with engine.connect() as connection:
        found = connection.execute(text(CHOSEN.format(schema="demo"))).scalars().all()
    engine.dispose()
    return found


def _write(billing: Path, accounts: Sequence[str]) -> None:
    with closing(sqlite3.connect(billing)) as connection, connection:
        for number, account in enumerate(accounts):
            odd = ODD[number % len(ODD)]
            connection.execute(
                "UPDATE c_cust SET cust_name = ? WHERE cust_id = (SELECT cust_id FROM c_cons WHERE cons_no = ?)",
                (odd, account),
            )
            connection.execute(
                "UPDATE c_prem SET prem_addr = ? WHERE prem_id = (SELECT prem_id FROM c_cons WHERE cons_no = ?)",
                (odd, account),
            )
        last = connection.execute("SELECT max(charge_id) FROM a_pay_flow").fetchone()[0]
        account = connection.execute("SELECT min(cons_no) FROM c_cons").fetchone()[0]
        bad = [*((account, amount) for amount in UNREADABLE), *((nobodys, 700) for nobodys in NOBODYS)]
        connection.executemany(
            "INSERT INTO a_pay_flow VALUES (?, ?, '2026-10-20', ?, '0401', '2026-10-20 09:00:00.000000')",
            [(last + number, *each) for number, each in enumerate(bad, 1)],
        )
