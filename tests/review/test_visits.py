"""The visit list: within what a district can work, in route order, harmless in a spreadsheet, in both languages."""

import csv
import datetime as dt
import io
from collections.abc import Iterator

import duckdb
import pytest

from arrears.deployment import load_rules
from arrears.domain.run import Run
from arrears.lake.lake import Lake
from arrears.pipeline import open_run
from arrears.policy.files import Capacity
from arrears.review.visits import Visits, _rows, route, visits
from arrears.settings import ROOT, settings
from arrears.snapshot.catalogue import load_catalogue
from tests.cli.conftest import NIGHT, Arrears, arrears
from tests.end_to_end.deployments import Deployment

__all__ = ["arrears"]

PLENTY = load_rules(NIGHT)[1].credit.capacity.model_copy(update={"cases_per_district_day": 10_000, "by_district": {}})


@pytest.fixture
def night(stored: Deployment) -> Iterator[tuple[Lake, Run]]:
    with stored.entered() as lake:
        yield lake, open_run("demo", NIGHT)


def listed(night: tuple[Lake, Run], capacity: Capacity, district: str | None = None) -> Visits:
    lake, run = night
    return visits(lake, run, settings(), capacity, district=district)


def test_route_order_takes_numbers_as_numbers() -> None:
    road = [
        "人民路９号",
        "人民路10号2室",
        "人民路10号11室",
        "人民路10号",
        "Elm St 2",
        "elm st 10",
        "",
        None,
        "解放路1号",
    ]
    ordered = sorted(road, key=route)
    assert ordered == [
        "Elm St 2",
        "elm st 10",
        "人民路９号",
        "人民路10号",
        "人民路10号2室",
        "人民路10号11室",
        "解放路1号",
        "",
        None,
    ]


def test_everybody_who_is_to_be_visited_is_a_stop_and_nobody_else(night: tuple[Lake, Run]) -> None:
    found = listed(night, PLENTY)
    files = [str(path) for path in night[0].stage("signals", night[1]).files]
    with duckdb.connect() as con:
        signals = con.sql(
            "SELECT account_id, overdue_amount, treatment_rule FROM read_parquet($files, hive_partitioning=false) "
            "WHERE treatment = 'field_visit' ORDER BY district, visit_within_days, expected_loss_amount DESC, account_id",
            params={"files": files},
        ).fetchall()
    assert sorted((each.account_id, each.overdue_amount, each.rule) for each in found.stops) == sorted(signals) != []
    urgent_first = _rows(*night, settings(), None)
    assert [row["account_id"] for row in urgent_first] == [account_id for account_id, *_ in signals]
    assert found.waiting == {}
    for district in {each.district for each in found.stops}:
        here = [each for each in found.stops if each.district == district]
        assert [each.stop for each in here] == list(range(1, len(here) + 1))
        assert here == sorted(here, key=lambda each: (route(each.postcode), route(each.address), each.account_id))
    assert all(each.address and each.by_on > NIGHT for each in found.stops)


def test_a_district_gets_no_more_than_it_can_work_and_the_rest_waits(
    night: tuple[Lake, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four, the most urgent two, then the largest loss, are chosen, and seen in the order of the road."""
    seen = listed(night, PLENTY).stops[0]
    plain = {**{name: getattr(seen, name) for name in seen.__slots__}, **dict.fromkeys(protecting(), False)}
    calm = {**plain, "district": "North", "postcode": "1", "treatment_rule": "visit", "visit_within_days": 7}
    rows = [
        {**calm, "account_id": "urgent", "address": "Road 10", "visit_within_days": 3, "is_elderly_protected": True},
        {**calm, "account_id": "large", "address": "Road 9"},
        {**calm, "account_id": "small", "address": "Road 1"},
        {**calm, "account_id": "elsewhere", "district": "South", "address": "Road 1"},
    ]
    monkeypatch.setattr("arrears.review.visits._rows", lambda *_: rows)
    found = listed(night, PLENTY.model_copy(update={"cases_per_district_day": 1, "by_district": {"North": 2}}))
    assert [(each.district, each.stop, each.account_id) for each in found.stops] == [
        ("North", 1, "large"), ("North", 2, "urgent"), ("South", 1, "elsewhere"),
    ]  # fmt: skip
    assert found.waiting == {"North": 1}
    assert [each.by_on - NIGHT for each in found.stops] == [dt.timedelta(days) for days in (7, 3, 7)]
    assert [each.protections for each in found.stops] == [(), ("is_elderly_protected",), ()]


def test_a_district_of_its_own(night: tuple[Lake, Run]) -> None:
    everybody = listed(night, PLENTY).stops
    district = everybody[0].district
    assert listed(night, PLENTY, district).stops == [each for each in everybody if each.district == district]
    none = listed(night, PLENTY.model_copy(update={"cases_per_district_day": 0}))
    assert (none.stops, sum(none.waiting.values())) == ([], len(everybody))


def protecting() -> list[str]:
    return [each.name for each in load_catalogue(ROOT / "sql").features.values() if each.protects]


def test_the_command_lists_them_in_both_languages(arrears: Arrears, stored: Deployment) -> None:
    english = arrears(stored, "visits", "list")
    chinese = arrears(stored, "visits", "list", "--lang", "zh")
    assert (english.code, chinese.code) == (0, 0)
    assert "in route order" in english.out
    assert "past due: a visit" in english.out
    assert "按路线排序" in chinese.out
    assert "上门催收" in chinese.out
    wrong = arrears(stored, "visits", "list", "--district", "Nowhere")
    assert (wrong.code, wrong.err.startswith("arrears: demo: no district 'Nowhere'")) == (2, True)


def test_cells_are_harmless_in_a_spreadsheet(
    arrears: Arrears, stored: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = arrears(stored, "visits", "list", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(found.out)))
    assert rows
    assert {"district", "stop", "address", "overdue_amount", "by_on", "reason", "protections"} <= set(rows[0])
    whole = visits

    def mischief(*given: object, **more: object) -> Visits:
        told = whole(*given, **more)  # type: ignore[arg-type]
        first = {name: getattr(told.stops[0], name) for name in told.stops[0].__slots__}
        first |= {"address": '=HYPERLINK("http://x")', "customer_name": "@cmd"}
        return Visits([type(told.stops[0])(**first)], {})

    monkeypatch.setattr("arrears.review.visits.visits", mischief)
    [row] = csv.DictReader(io.StringIO(arrears(stored, "visits", "list", "--format", "csv").out))
    assert (row["address"], row["customer_name"]) == ('\'=HYPERLINK("http://x")', "'@cmd")
