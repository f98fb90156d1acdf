"""The business's clock: today's, a day's, or the latest night's."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from arrears.web import site as sites
from arrears.web.site import Nights, Site, clock_of
from tests.cli.conftest import NIGHT

SHANGHAI = ZoneInfo("Asia/Shanghai")
WALL = dt.datetime(2026, 12, 24, 17, 30, tzinfo=dt.UTC)
"""Half past one on Christmas day in Shanghai."""


@pytest.fixture(autouse=True)
def wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "now", lambda: WALL)


def test_without_a_day_it_is_the_wall_s(site: Site) -> None:
    assert clock_of(None, SHANGHAI, site.nights)() == WALL


def test_a_trial_s_day_has_the_wall_s_time_of_day_there(site: Site) -> None:
    at = clock_of(dt.date(2026, 11, 1), SHANGHAI, site.nights)()
    assert at == dt.datetime(2026, 11, 1, 1, 30, tzinfo=SHANGHAI)


def test_the_day_of_the_latest_night_follows_the_nights(site: Site) -> None:
    assert clock_of("night", SHANGHAI, site.nights)().astimezone(SHANGHAI).date() == NIGHT


def test_before_the_first_night_it_is_today(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    nights = Nights(site.engine)
    monkeypatch.setattr(nights, "finished", list)
    assert clock_of("night", SHANGHAI, nights)() == WALL


def test_a_night_that_has_not_begun_by_now_is_not_worked_on(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    before = clock_of(NIGHT - dt.timedelta(days=1), SHANGHAI, site.nights)
    monkeypatch.setattr(site, "clock", before)
    assert site.night() is None
    monkeypatch.setattr(site, "clock", clock_of(NIGHT, SHANGHAI, site.nights))
    assert site.night() is not None
