"""The portfolio's page: the figures of the night, and only the person's districts where it is by district."""

import re

from arrears.domain.people import Role
from arrears.nights.portfolio import portfolio
from arrears.review.portfolio import of
from arrears.web.language import Language
from arrears.web.site import Site
from tests.web.conftest import SignIn, said


def test_it_shows_what_the_night_adds_up_to(sign_in: SignIn, site: Site) -> None:
    run = site.night()
    assert run is not None
    found = portfolio(run, site.engine, site.lake, site.settings)
    [everybody] = of(found.tables["tonight"], "all")
    text = said(sign_in(Role.CREDIT_MANAGER).get("/portfolio"))
    english = Language("en")
    for name in ("open_amount", "overdue_amount", "days_31_60_amount", "expected_loss_amount"):
        assert english.amount(everybody[name]) in text
    [month] = found.rows("receivables", month=found.last_month)
    for share in ("collection_share", "cei_share"):
        assert english.percent(month[share]) in text
    assert english.amount(month["closing_amount"] - month["closing_credit_amount"]) in text
    assert "Nobody can say yet whether warnings were right" in text
    assert "Roll rates in 2026-10" in text


def test_every_dimension_in_both_languages(sign_in: SignIn) -> None:
    manager = sign_in(Role.CREDIT_MANAGER, language="zh-CN")
    for by in ("segment", "district", "voltage_class", "tariff"):
        page = manager.get("/portfolio", by=by)
        assert page.status_code == 200
        assert "style=" not in page.text
        assert page.text.count("<svg") > 4
    assert "大工业" in said(manager.get("/portfolio", by="tariff"))
    assert manager.get("/portfolio", by="surname").status_code == 422


def test_by_district_only_ones_own(sign_in: SignIn, site: Site) -> None:
    run = site.night()
    assert run is not None
    rows = portfolio(run, site.engine, site.lake, site.settings).rows("tonight", "district")
    mine, other = rows[0]["part"], rows[1]["part"]
    text = said(sign_in(Role.SUPERVISOR, districts=[mine]).get("/portfolio"))
    assert mine in text
    assert other not in text
    assert "By district only yours are shown" in text
    assert re.search(r"by district\b", text)


def test_who_may_not(sign_in: SignIn) -> None:
    assert sign_in(Role.CLERK).get("/portfolio").status_code == 403
    assert sign_in(Role.OPERATOR).get("/portfolio").status_code == 403
    assert sign_in(Role.AUDITOR).get("/portfolio").status_code == 200
