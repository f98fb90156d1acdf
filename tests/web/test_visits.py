"""The visits of a night and their slips: in the person's districts, and what was found there."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from arrears.casebook import read
from arrears.casebook.looked import looks
from arrears.casebook.tables import LIVE
from arrears.deployment import champion, load_rules
from arrears.domain.episode_events import ContactChannel, ContactResult
from arrears.domain.people import Role
from arrears.review import cases
from arrears.review.cases import Desk
from arrears.review.visits import Visit, Visits, visits
from arrears.web.site import Site
from tests.web.conftest import SignIn, said


@pytest.fixture(scope="module")
def stops(site: Site) -> list[Visit]:
    run = site.night()
    assert run is not None
    capacity = load_rules(run.as_of, champion(run.source, run.as_of))[1].credit.capacity
    found = visits(site.lake, run, site.settings, capacity).stops
    assert found
    return found


def test_stops_stand_in_the_order_of_the_road(sign_in: SignIn, stops: list[Visit]) -> None:
    page = sign_in(Role.CLERK).get("/visits")
    assert page.status_code == 200
    places = [page.text.index(f'/case/{each.account_id}"') for each in stops]
    assert places == sorted(places)
    assert "in route order" in said(page)
    assert "按路线排序" in said(sign_in(Role.CLERK, language="zh-CN").get("/visits"))


def test_only_ones_own_districts(sign_in: SignIn, stops: list[Visit]) -> None:
    mine = stops[0].district
    clerk = sign_in(Role.CLERK, districts=[mine])
    text = clerk.get("/visits").text
    for each in stops:
        assert (f'/case/{each.account_id}"' in text) is (each.district == mine)
    elsewhere = next((each for each in stops if each.district != mine), None)
    if elsewhere is not None:
        assert clerk.get("/visits/slip", account=elsewhere.account_id).status_code == 404
        assert clerk.get("/visits/slip", district=elsewhere.district).status_code == 404
        assert clerk.get("/visits", district=elsewhere.district).status_code == 422
    nobody = sign_in(Role.CLERK, districts=["Nowhere"])
    assert "Nobody is to be visited in your districts" in said(nobody.get("/visits"))
    assert sign_in(Role.OPERATOR).get("/visits").status_code == 403


def test_a_slip_for_one_and_for_a_district(sign_in: SignIn, stops: list[Visit], site: Site) -> None:
    clerk, stop = sign_in(Role.CLERK), stops[0]
    slip = clerk.get("/visits/slip", account=stop.account_id)
    assert slip.text.count("<article") == 1
    assert f"{stop.overdue_amount:,} CNY" in said(slip)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", slip.text, re.DOTALL)
    asked = [Decimal(re.findall(r"([\d,]+\.\d\d)</td></tr>", row)[0].replace(",", "")) for row in rows]
    assert sum(asked) == stop.overdue_amount
    with site.engine.connect() as connection:
        [seen] = [each for each in looks(connection, actor=clerk.person.actor) if each.page == "visit slip"]
    assert seen.account_id == stop.account_id
    whole = clerk.get("/visits/slip", district=stop.district)
    assert whole.text.count("<article") == sum(each.district == stop.district for each in stops)
    for query in ({}, {"account": "1", "district": "x"}):
        assert clerk.get("/visits/slip", **query).status_code == 422
    assert clerk.get("/visits/slip", account="nobody").status_code == 404


def test_what_was_found_stands_on_the_list(sign_in: SignIn, stops: list[Visit], site: Site) -> None:
    """On a visit to somebody who is warned of; who is in collection has no open warning."""
    clerk = sign_in(Role.CLERK)
    with site.engine.connect() as connection:
        open_now = read.open_now(connection, LIVE)
    warned = open_now[0].account_id
    moved = [replace(stops[0], account_id=warned), *stops[1:]]
    desk = Desk(site.engine, site.name, site.zone, clerk.person.actor, site.clock)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("arrears.web.pages.visits._stops", lambda *_: Visits(moved))
        before = clerk.get("/visits", district=stops[0].district)
        assert f"/case/{warned}/act/contact" in before.text
        assert "in collection: no open warning to record it on" in said(clerk.get("/visits"))
        case = cases.open_case(desk, warned)
        cases.record_contact(desk, case.seen, ContactChannel.VISIT, ContactResult.REACHED, "at the door")
        after = clerk.get("/visits", district=stops[0].district)
    assert f"/case/{warned}/act/contact" not in after.text
    assert clerk.person.name in said(after)
