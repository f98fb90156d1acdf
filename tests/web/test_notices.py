"""The outbox as a board: counted, filtered, looked at, and let go, kept back or sent once more after a look ahead."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from arrears.casebook import notice_read, outbox_read
from arrears.casebook.notice_read import Row, Wanted
from arrears.domain.delivery import State
from arrears.domain.people import Role
from arrears.review.districts import districts_of
from arrears.settings import settings
from arrears.web.site import Site
from tests.web.conftest import Browser, SignIn, said


def rows(site: Site, *ids: str) -> list[Row]:
    with site.engine.connect() as connection:
        return notice_read.page(connection, Wanted(notice_ids=ids or None), 0, 1000)


@pytest.fixture(scope="module")
def drafts(site: Site) -> Sequence[Row]:
    found = [each for each in rows(site) if each.state is State.DRAFTED]
    assert len(found) > 4
    return found


def seen(found: Sequence[Row]) -> str:
    return " ".join(f"{each.notice_id[:12]}.{each.moves}" for each in sorted(found, key=lambda row: row.notice_id))


def do(who: Browser, act: str, found: Sequence[Row], **more: str) -> tuple[int, str]:
    form: dict[str, object] = {
        "id": [each.notice_id for each in found], "act": act, "step": "do", "why": "as agreed", "seen": seen(found), **more,
    }  # fmt: skip
    answer = who.client.post("/notices/act", data={"csrf": who.csrf, **form})
    return answer.status_code, said(answer)


def test_counts_and_filters(sign_in: SignIn, drafts: Sequence[Row], site: Site) -> None:
    clerk = sign_in(Role.CLERK)
    page = clerk.get("/notices", state="drafted")
    assert drafts[0].notice_id in page.text or len(drafts) > 100
    assert f"{len(drafts):,} drafted" in said(page)
    assert 'name="act"' not in page.text
    one = clerk.get("/notices", account=drafts[0].account_id)
    assert drafts[0].notice_id in one.text
    assert all(each.notice_id not in one.text for each in drafts if each.account_id != drafts[0].account_id)
    total = sum(each.total_amount for each in drafts)
    with site.engine.connect() as connection:
        assert notice_read.counts(connection, Wanted())[State.DRAFTED] == (len(drafts), total)
    assert "No notice is like this" in said(clerk.get("/notices", account="nobody"))
    for query in ({"state": "burnt"}, {"kind": "x"}, {"page": "0"}, {"account": "a\x07"}):
        assert clerk.get("/notices", **query).status_code == 422, query
    assert clerk.get("/notices", page="999").status_code == 404
    assert sign_in(Role.OPERATOR).get("/notices").status_code == 403


def test_a_notice_whole(sign_in: SignIn, drafts: Sequence[Row]) -> None:
    clerk = sign_in(Role.CLERK)
    page = clerk.get(f"/notices/{drafts[0].notice_id}")
    assert "drafted by the night of 1 Nov 2026" in said(page)
    assert f"/case/{drafts[0].account_id}/letter/{drafts[0].notice_id}/letter" in page.text
    assert clerk.get(f"/notices/{'0' * 32}").status_code == 404
    assert clerk.get("/notices/x").status_code == 422
    assert "经过" in said(sign_in(Role.CLERK, language="zh-CN").get(f"/notices/{drafts[0].notice_id}"))


def test_what_will_happen_is_told_first_and_only_who_may_does_it(
    sign_in: SignIn, drafts: Sequence[Row], site: Site
) -> None:
    supervisor, two = sign_in(Role.SUPERVISOR), drafts[:2]
    assert do(sign_in(Role.CLERK), "withdraw", two)[0] == 403
    status, told = do(supervisor, "withdraw", two, step="preview", why="")
    assert (status, "2 notices over" in told, "will never leave." in told) == (200, True, True)
    assert do(supervisor, "withdraw", two, why=" ")[0] == 422
    assert do(supervisor, "resend", two)[0] == 422
    assert do(supervisor, "burn", two)[0] == 422
    assert do(supervisor, "withdraw", two, seen="old")[0] == 409
    assert do(supervisor, "withdraw", (), step="preview")[0] == 422
    assert {each.state for each in rows(site, *(each.notice_id for each in two))} == {State.DRAFTED}
    status, told = do(supervisor, "withdraw", two)
    assert (status, "2 withdrawn; 0 were on their way by then." in told) == (200, True)
    now = rows(site, *(each.notice_id for each in two))
    assert {(each.state, each.moves) for each in now} == {(State.WITHDRAWN, two[0].moves + 1)}
    [event] = outbox_read.told(site.engine, two[0].notice_id)[-1:]
    assert (event.actor, event.why) == (str(supervisor.person.actor), "as agreed")
    assert do(supervisor, "withdraw", now)[0] == 422


def test_release_tells_what_became_of_each(
    sign_in: SignIn, drafts: Sequence[Row], site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where nothing can leave, that is said, and nothing is done."""
    supervisor, found = sign_in(Role.SUPERVISOR), drafts[2:4]
    status, told = do(supervisor, "release", found)
    assert (status, "nothing can leave: set ARREARS_SMTP_URL" in told) == (422, True)
    assert {each.state for each in rows(site, *(each.notice_id for each in found))} == {State.DRAFTED}
    monkeypatch.setenv("ARREARS_TRIAL_FOLDER", str(tmp_path))
    settings.cache_clear()
    status, told = do(supervisor, "release", found, why="")
    settings.cache_clear()
    assert (status, "released;" in told, "without an address." in told) == (200, True, True), told
    assert State.DRAFTED not in {each.state for each in rows(site, *(each.notice_id for each in found))}


def test_all_that_match(sign_in: SignIn, drafts: Sequence[Row], site: Site) -> None:
    supervisor = sign_in(Role.SUPERVISOR)
    left = [each for each in rows(site) if each.state is State.DRAFTED and each.account_id == drafts[4].account_id]
    form = {"everything": "1", "state": "drafted", "account": drafts[4].account_id}
    told = supervisor.post("/notices/act", follow=True, act="withdraw", step="preview", **form)
    assert f"{len(left)} notices over" in said(told)
    wrong = supervisor.post("/notices/act", follow=True, act="withdraw", step="preview", everything="1", state="burnt")
    assert wrong.status_code == 422


def test_only_ones_own_districts(sign_in: SignIn, drafts: Sequence[Row], site: Site) -> None:
    run = site.night()
    assert run is not None
    places = districts_of(site.lake, run, [each.account_id for each in drafts])
    last = drafts[-1]
    mine = sign_in(Role.SUPERVISOR, districts=[places[last.account_id]])
    elsewhere = sign_in(Role.SUPERVISOR, districts=["Nowhere"])
    assert mine.get(f"/notices/{last.notice_id}").status_code == 200
    assert elsewhere.get(f"/notices/{last.notice_id}").status_code == 404
    assert do(elsewhere, "withdraw", [last])[0] == 404
    assert "No notice was drafted yet" in said(elsewhere.get("/notices"))
    text = mine.get("/notices").text
    for each in drafts[5:]:
        assert (each.notice_id in text) is (places[each.account_id] == places[last.account_id])
