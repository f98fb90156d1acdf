"""The demo utility beside published figures, within tolerances that docs/simulator.md argues for."""

import csv
import datetime as dt
import gzip
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from arrears.settings import ROOT
from bench.calibration import (
    NERC_SHORTFALL,
    OPUC_AGEING,
    OPUC_ARREARS_SHARE,
    arrears_share,
    comparison,
    mean_ageing,
    report_days,
    shortfall,
)
from bench.simulated_books import Books, read_books

from .demo_utility import Utility

pytestmark = pytest.mark.xdist_group(__name__)
PUBLISHED = ROOT.parent / "shared" / "data"
NERC_LEVELS = {"Non-MD": "low", "MD1": "medium", "MD2": "medium", "MD3": "high", "Bilateral": "high"}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    utility = Utility(tmp_path_factory.mktemp("calibration"), accounts=8_000, start=dt.date(2023, 11, 1), seed=7)
    utility.simulate(dt.date(2026, 10, 31))
    return read_books(utility.folder / "billing.db")


def test_accounts_in_arrears_lie_within_oregons_utilities(books: Books) -> None:
    mean = float(np.mean([arrears_share(books, day) for day in report_days(books)]))
    assert OPUC_ARREARS_SHARE[0] <= mean <= OPUC_ARREARS_SHARE[1], comparison(books)


def test_debt_is_as_old_as_in_oregon(books: Books) -> None:
    """Within 8 points: Oregon's own utilities differ by more than that."""
    for name, share in mean_ageing(books).items():
        assert abs(share - OPUC_AGEING[name]) < 0.08, comparison(books)


def test_collection_rises_with_the_voltage_as_in_nigeria(books: Books) -> None:
    """The order, and how many times worse low voltage is: half to twice the Nigerian ratio for the medium classes, at
    least a quarter of it for the few accounts above. The level itself need not be Nigeria's, where most low-voltage
    customers have no meter: half to all of it."""
    ours = shortfall(books)
    assert ours["low"] > ours["medium"] > ours["high"], comparison(books)
    published = NERC_SHORTFALL["low"] / NERC_SHORTFALL["medium"]
    assert 0.5 < ours["low"] / ours["medium"] / published < 2, comparison(books)
    assert ours["low"] / ours["high"] > NERC_SHORTFALL["low"] / NERC_SHORTFALL["high"] / 4, comparison(books)
    assert 0.5 < ours["low"] / NERC_SHORTFALL["low"] <= 1, comparison(books)


def lines(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        pytest.skip(f"the published file {path.name} is not here")
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as handle:
        return list(csv.DictReader(handle))


def test_the_nigerian_figures_are_those_of_the_published_file() -> None:
    billed: dict[str, float] = defaultdict(float)
    collected: dict[str, float] = defaultdict(float)
    for line in lines(PUBLISHED / "nerc_discos" / "dev_2020-11_2021-12.csv.gz"):
        level = NERC_LEVELS.get(line["voltage_class"])
        if level is not None:
            billed[level] += float(line["billed_ngn"] or 0)
            collected[level] += float(line["collected_ngn"] or 0)
    assert {level: round(1 - collected[level] / billed[level], 3) for level in NERC_SHORTFALL} == NERC_SHORTFALL


def test_the_oregon_figures_are_those_of_the_published_file() -> None:
    totals: dict[str, float] = defaultdict(float)
    shares = defaultdict(list)
    for line in lines(PUBLISHED / "opuc_ebmr" / "opuc_ebmr_utility_monthly.csv"):
        for name, field in (("31-60", "31_60"), ("61-90", "61_90"), ("91+", "91Plus")):
            totals[name] += float(line[f"arrearsBalance{field}"])
        shares[line["utility"]].append(float(line["arrearsCustomers"]) / float(line["accounts"]))
    whole = sum(totals.values())
    assert {name: round(total / whole, 3) for name, total in totals.items()} == OPUC_AGEING
    means = [float(np.mean(of_utility)) for of_utility in shares.values()]
    assert (round(min(means), 2), round(max(means), 2)) == OPUC_ARREARS_SHARE
