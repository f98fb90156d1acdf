"""The board of the night and the quarantine, as those see them who may."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from arrears.casebook.quarantined import said_by
from arrears.domain.people import Role
from arrears.review.quarantined import Aside, Quarantine
from arrears.settings import settings
from arrears.web.site import Site
from tests.cli.conftest import NIGHT
from tests.web.conftest import SignIn, said

ID = "ab" * 16
OTHER = "cd" * 16


def test_the_board_tells_runs_receipts_freshness_and_what_waits(sign_in: SignIn) -> None:
    text = said(sign_in(Role.OPERATOR).get("/night"))
    assert "1 Nov 2026" in text
    assert "✓ ended well" in text
    assert "✓ balance" in text
    assert "In + out of quarantine = out + set aside + known already" in text
    assert "kept in the casebook" in text
    assert "No card is tried in the shadow" in text
    chinese = said(sign_in(Role.OPERATOR, language="zh-CN").get("/night"))
    assert "输入 + 解除隔离 = 输出 + 隔离 + 已知" in chinese


def test_missed_nights_are_told_with_the_command_that_runs_them(sign_in: SignIn, site: Site) -> None:
    with pytest.MonkeyPatch.context() as patch:
        later = dt.datetime.combine(NIGHT + dt.timedelta(days=3), dt.time(4), dt.UTC)
        patch.setattr(site, "clock", lambda: later)
        text = said(sign_in(Role.OPERATOR).get("/night"))
    assert "3 nights were not run" in text
    assert "arrears catch-up --source demo --as-of 2026-11-04" in text


@pytest.mark.parametrize(
    ("query", "status"),
    [({"kind": "nightly"}, 200), ({"kind": "yearly"}, 422), ({"run": "0" * 32}, 404), ({"kind": "a\x00"}, 422)],
)
def test_what_is_asked_is_read_strictly(sign_in: SignIn, query: dict[str, str], status: int) -> None:
    answer = sign_in(Role.AUDITOR).get("/night", **query)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_who_may_not(sign_in: SignIn) -> None:
    assert sign_in(Role.CLERK).get("/night").status_code == 403
    assert sign_in(Role.CLERK).get("/night/quarantine").status_code == 403
    assert sign_in(Role.SUPERVISOR, districts=["North"]).get("/night").status_code == 200
    assert sign_in(Role.SUPERVISOR, districts=["North"]).get("/night/quarantine").status_code == 403
    assert sign_in(Role.SUPERVISOR).post("/night/quarantine/act", id=ID, act="drop", step="preview").status_code == 403


def test_an_empty_quarantine_says_what_it_is_for(sign_in: SignIn) -> None:
    assert "No row is set aside" in said(sign_in(Role.OPERATOR).get("/night/quarantine"))


@pytest.fixture
def aside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows in quarantine: an amount nobody can read, and one in the future that may be let pass."""
    from arrears.lake.rules import load_words

    def looked(*_: object) -> Quarantine:
        told = said_by(site.engine)
        rows = tuple(
            Aside(
                "payment", name, rule, "payment.csv", "3", {"payment_id": "P<b>1", "amount": amount, "paid_on": "2999-01-01"},
                "A9", False, money, dt.datetime(2026, 10, 31, tzinfo=dt.UTC), "waiting", told.get(name),
            )
            for name, rule, amount, money in (
                (ID, "amount.thousands_commas", "1,234.50", None), (OTHER, "paid_on.in_the_future", "7.00", Decimal("7.00")),
            )
        )  # fmt: skip
        return Quarantine(rows, load_words(settings().sql / "checks"))

    monkeypatch.setattr("arrears.web.pages.night.look", looked)


@pytest.mark.usefixtures("aside")
def test_rows_are_listed_whole_and_harmless(sign_in: SignIn) -> None:
    operator = sign_in(Role.OPERATOR)
    text = said(operator.get("/night/quarantine"))
    assert "a number with thousands commas" in text
    assert "payment.csv:3" in text
    assert "7.00 in suspense" in text
    assert ID[:12] not in said(operator.get("/night/quarantine", rule="in_the_future"))
    assert operator.get("/night/quarantine", table="nothing").status_code == 422
    assert operator.get("/night/quarantine", page="2").status_code == 404
    assert operator.get("/night/quarantine", page="-1").status_code == 422
    row = operator.get(f"/night/quarantine/{ID}")
    assert "P&lt;b&gt;1" in row.text
    assert "This row cannot be let pass as it is" in said(row)
    assert operator.get(f"/night/quarantine/{'0' * 32}").status_code == 404
    assert operator.get("/night/quarantine/nothing").status_code == 422


@pytest.mark.usefixtures("aside")
def test_a_row_is_corrected_and_released_once_it_was_told_what_happens(sign_in: SignIn, site: Site) -> None:
    operator = sign_in(Role.OPERATOR)
    form: dict[str, Any] = {
        "id": ID,
        "act": "release",
        "set_amount": "1234.50",
        "set_payment_id": "P<b>1",
        "set_paid_on": "2999-01-01",
    }
    told = operator.post("/night/quarantine/act", step="preview", **form)
    assert told.status_code == 200
    assert "amount is set to 1234.50." in said(told)
    assert ID not in said_by(site.engine)
    empty = operator.post("/night/quarantine/act", step="do", seen="-", why=" ", **form)
    assert (empty.status_code, "say in a few words why" in said(empty)) == (422, True)
    done = operator.post("/night/quarantine/act", step="do", seen="-", why="seen on the statement", **form)
    assert "1 rows are tried again at the next pull." in said(done)
    kept = said_by(site.engine)[ID]
    assert (kept.is_dropped, kept.corrections, kept.waived_rules) == (False, {"amount": "1234.50"}, ())
    assert (kept.actor, kept.why) == (str(operator.person.actor), "seen on the statement")
    stale = operator.post("/night/quarantine/act", step="do", seen="-", why="again", **form)
    assert (stale.status_code, "Somebody decided on these rows meanwhile" in said(stale)) == (409, True)


@pytest.mark.usefixtures("aside")
def test_what_cannot_be_decided_is_a_sentence(sign_in: SignIn) -> None:
    operator = sign_in(Role.OPERATOR)
    both: dict[str, Any] = {"id": [ID, OTHER], "step": "preview"}
    assert "3 rows" not in said(operator.post("/night/quarantine/act", act="drop", **both))
    assert operator.post("/night/quarantine/act", act="drop", step="preview").status_code == 422
    assert operator.post("/night/quarantine/act", act="burn", **both).status_code == 422
    assert operator.post("/night/quarantine/act", id=OTHER, act="release", step="maybe").status_code == 422
    refused = operator.post("/night/quarantine/act", id=OTHER, act="release", step="preview", set_nothing="x")
    assert (refused.status_code, "has no column" in said(refused)) == (422, True)
