"""The card that a table becomes: what it holds, what it refuses, and that its points are worth what they say."""

import csv
import datetime as dt
import gzip
import math
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrears.errors import UsageError
from arrears.scorecard.card import Card, Grade, Scale, from_json
from arrears.scorecard.fit import fit
from arrears.scorecard.heldout import splits
from arrears.scorecard.points import Column, score
from arrears.scorecard.prepare import Given, Options
from arrears.scorecard.screen import is_never_used
from arrears.scorecard.training import Roles, read_training
from tests.scorecard.tables import REAL, columns_of, given


@pytest.fixture(scope="module")
def card() -> Card:
    return fit(given())


def item(card: Card, name: str) -> Any:
    return next(each for each in card.parts[-1].characteristics if each.feature == name)


def test_the_card_holds_what_speaks_and_says_why_the_rest_is_out(card: Card) -> None:
    assert {each.feature for each in card.parts[0].characteristics} == {"late", "use", "tariff"}
    assert card.training is not None
    assert set(card.training.left_out) == {"noise", "colour"}
    assert (card.is_calibrated, card.training.rows, card.training.bads) == (True, 4000, float(given().bad.sum()))
    assert any("late: 98 taken for codes" in note for note in card.training.notes)


def test_the_same_table_gives_the_same_card_to_the_byte(card: Card) -> None:
    assert fit(given()).to_json() == card.to_json()
    assert from_json(card.to_json()) == card


def test_each_feature_counts_every_row_once(card: Card) -> None:
    for each in card.parts[0].characteristics:
        assert sum(found.rows for found in each.bins) == 4000
        assert sum(found.bads or 0 for found in each.bins) == given().bad.sum()


def test_woe_is_ln_of_the_shares_and_points_are_coefficient_times_woe_times_points_per_odds(card: Card) -> None:
    goods, bads = (~given().bad).sum(), given().bad.sum()
    for each in card.parts[0].characteristics:
        assert each.coefficient is not None
        for found in each.bins:
            assert found.goods is not None
            assert found.bads is not None
            assert found.woe is not None
            if min(found.goods, found.bads) >= 5:
                assert found.woe == pytest.approx(math.log(found.goods / goods / (found.bads / bads)))
            worth = each.coefficient * found.woe * 20 / math.log(2)
            assert abs(float(found.points) - worth) <= 0.005 + 1e-9
        assert each.coefficient > 0


def test_the_bad_rate_rises_with_the_trend(card: Card) -> None:
    for name, falls in (("late", False), ("use", True)):
        rates = [found.bad_rate for found in item(card, name).bins if found.kind == "range"]
        assert rates == sorted(rates, reverse=falls)
        assert item(card, name).trend == ("descending" if falls else "ascending")
    special = next(found for found in item(card, "late").bins if found.kind == "special")
    assert (special.values, special.rows) == (("98",), 80)


def test_points_stand_for_odds(card: Card) -> None:
    """600 points are 50 good to one bad, 20 more double them: over the fit's rows the odds come out so."""
    columns, bad = columns_of(20_000, seed=9)
    made = score(card, {name: columns[name] for name in card.features})
    points = made.points / 100
    odds = np.log(50) + (points - 600) * math.log(2) / 20
    assert (1 / (1 + np.exp(odds))).mean() == pytest.approx(bad.mean(), abs=0.02)
    assert made.probability.mean() == pytest.approx(bad.mean(), abs=0.02)
    assert (made.low < made.probability).all()
    assert (made.probability < made.high).all()


def test_the_interval_is_that_of_the_delta_method(card: Card) -> None:
    columns, _ = columns_of(50, seed=3)
    made = score(card, {name: columns[name] for name in card.features})
    model = card.parts[0].model
    assert model is not None
    for row in range(50):
        values = {name: columns[name][row] for name in ("late", "use")} | {"tariff": columns["tariff"][row].as_py()}
        x = [1.0] + [each.bins[each.place(values[each.feature])].woe or 0.0 for each in card.parts[0].characteristics]
        error = 1.959963984540054 * math.sqrt(np.array(x) @ np.array(model.covariance) @ np.array(x))
        raw = math.log(50) + (made.points[row] / 100 - 600) * math.log(2) / 20
        ends = sorted(model.calibration.probability(raw + sign * error) for sign in (-1, 1))
        assert (made.low[row], made.high[row]) == pytest.approx(ends, abs=1e-6)


def test_grades_begin_at_doublings_of_the_odds_and_worsen(card: Card) -> None:
    starts = [grade.from_points for grade in card.grades]
    assert [grade.grade for grade in card.grades] == list("ABCDE")
    assert [a - b for a, b in pairwise(starts)] == [20] * 4
    assert [grade.probability for grade in card.grades] == sorted(grade.probability for grade in card.grades)


def test_the_bands_hold_every_row(card: Card) -> None:
    assert card.training is not None
    bands = card.training.bands
    assert sum(band.rows for band in bands) == 4000
    assert bands[-1].below is None
    edges = [band.below for band in bands[:-1] if band.below is not None]
    assert edges == sorted(set(edges))
    assert min(band.rows for band in bands) > 0


def test_held_out_figures_are_near_those_of_new_rows(card: Card) -> None:
    assert card.training is not None
    held = card.training.metrics["held_out"]
    columns, bad = columns_of(20_000, seed=9)
    probability = score(card, {name: columns[name] for name in card.features}).probability
    assert held["rows"] == 4000
    assert held["brier"] == pytest.approx(((probability - bad) ** 2).mean(), abs=0.012)
    assert 0.8 < held["slope"] < 1.2


def test_a_person_may_ask_for_trend_codes_scale_and_grades() -> None:
    options = Options(
        shapes={"use": "valley"},
        specials={"late": (98.0, 3.0)},
        scale=Scale(Decimal(500), Decimal(20), Decimal(50)),
        cuts=(("good", Decimal(500)), ("bad", Decimal(0))),
        reasons_against="neutral",
    )
    made = fit(given(), options)
    assert item(made, "use").trend == "valley"
    assert [found.values for found in item(made, "late").bins if found.kind == "special"] == [("98",), ("3",)]
    assert (made.scale, made.reasons_against) == (options.scale, "neutral")
    assert [grade.grade for grade in made.grades] == ["good", "bad"]
    assert isinstance(made.grades[0], Grade)
    late = item(made, "late")
    assert float(late.bins[0].points) == pytest.approx(late.coefficient * late.bins[0].woe * 50 / math.log(2), abs=0.01)


def test_thin_segments_fall_back_and_full_ones_have_their_own_characteristics() -> None:
    table = given(8000)
    place = np.random.default_rng(1).choice(3, 8000, p=[0.5, 0.48, 0.02])
    names = np.array(["high", "low", "thin"])[place]
    late = np.where(place == 1, np.random.default_rng(2).permutation(table.columns["late"]), table.columns["late"])
    made = fit(
        replace(
            table,
            columns={**table.columns, "late": late},
            segment=pa.array(names),
            roles={"segment": "class"},
        )
    )
    assert [part.segment for part in made.parts] == ["high", "low", None]
    high, low, everybody = ({each.feature for each in part.characteristics} for part in made.parts)
    assert "late" in high
    assert "late" not in low
    assert "late" in everybody
    assert made.segment_by == "class"
    assert made.training is not None
    assert any("segment 'thin' has fewer" in note for note in made.training.notes)
    assert [part.model.rows for part in made.parts if part.model] == [(place == 0).sum(), (place == 1).sum(), 8000]


def test_repeated_ids_widen_the_interval() -> None:
    table = given(1500)
    columns = {
        name: np.tile(column, 4) if isinstance(column, np.ndarray) else pa.array(column.to_pylist() * 4)
        for name, column in table.columns.items()
    }
    ids = pa.array([str(number % 1500) for number in range(6000)])
    four = replace(table, columns=columns, bad=np.tile(table.bad, 4))
    blind, seen = fit(four), fit(replace(four, ids=ids, roles={"id": "customer"}))
    blind_model, seen_model = blind.parts[0].model, seen.parts[0].model
    assert blind_model is not None
    assert seen_model is not None
    assert (blind_model.covariance_kind, seen_model.covariance_kind) == ("by row", "clustered by customer")
    assert seen_model.covariance[0][0] > 2 * blind_model.covariance[0][0]
    assert seen.training is not None
    assert "6000 rows have 1500 ids" in seen.training.notes[0]


def test_rows_of_one_customer_are_kept_aside_together() -> None:
    cluster = np.random.default_rng(1).integers(0, 300, 3000)
    for split in splits(np.random.default_rng(2).random(3000) < 0.2, None, cluster):
        assert not set(cluster[split.fitted]) & set(cluster[split.judged])
        assert len(split.fitted) + len(split.judged) == 3000


def test_the_latest_rows_are_kept_aside_where_time_is_known() -> None:
    table = given(3000)
    made = fit(replace(table, time=np.arange(3000.0) // 300))
    assert made.training is not None
    held = made.training.metrics["held_out"]
    assert held["how"].startswith("the latest 30%")
    assert held["rows"] == 900


def test_fewer_than_fifty_bads_give_a_small_card_and_a_warning() -> None:
    table = given(4000)
    bads = np.flatnonzero(table.bad)
    keep = np.sort(np.concatenate([np.flatnonzero(~table.bad), bads[:30]]))
    columns = {
        name: column[keep] if isinstance(column, np.ndarray) else column.take(pa.array(keep))
        for name, column in table.columns.items()
    }
    made = fit(replace(table, columns=columns, bad=table.bad[keep]))
    assert made.training is not None
    assert "only 30 rows are bad" in made.training.notes[0]
    assert len(made.parts[0].characteristics) <= 3
    assert all(
        len([b for b in each.bins if b.kind in ("range", "values")]) <= 3 for each in made.parts[0].characteristics
    )


def refused(table: Given) -> str:
    with pytest.raises(UsageError) as raised:
        fit(table)
    return str(raised.value)


def test_what_cannot_be_fitted_is_said_in_one_sentence() -> None:
    table = given(1000)
    assert "0 of 1000 rows are bad" in refused(replace(table, bad=np.zeros(1000, bool)))
    assert "0 of 1000 rows are good" in refused(replace(table, bad=np.ones(1000, bool)))
    nine = np.arange(1000) < 9
    assert "9 of 1000 rows are bad by 'bad'; a card needs 10" in refused(replace(table, bad=nine))
    noise: dict[str, Column] = {"noise": table.columns["noise"]}
    assert "no column tells bad rows from good ones" in refused(replace(table, columns=noise))
    assert "no column is left" in refused(replace(table, columns={"x": np.full(1000, np.nan)}))
    with pytest.raises(UsageError, match="no column 'lat' to have a trend"):
        fit(table, Options(shapes={"lat": "ascending"}))
    weight = np.ones(1000)
    weight[3] = -1
    assert "must be a number above 0" in refused(replace(table, weight=weight, roles={"weight": "w"}))


def test_columns_that_are_no_features_are_left_out_with_their_reason() -> None:
    table = given(3000)
    rng = np.random.default_rng(1)
    odd: dict[str, Column] = {
        "number": np.arange(3000.0),
        "account": rng.permutation(np.arange(1_000_000, 1_003_000)).astype(float),
        "same": np.ones(3000),
        "nothing": np.full(3000, np.nan),
        "empty": pa.array([None] * 3000, pa.string()),
        "one": pa.array(["a"] * 3000),
        "uuid": pa.array([f"{number:x}" for number in range(3000)]),
        "ten_thousand": pa.array([str(each) for each in rng.integers(0, 10_000, 3000)]),
        "customerSex": pa.array(rng.choice(["m", "f"], 3000)),
        "outcome": table.bad.astype(float),
    }
    made = fit(replace(table, columns={**table.columns, **odd}))
    assert made.training is not None
    out = made.training.left_out
    assert {name: out[name].split(":")[0] for name in odd} == {
        "number": "it is a name or a number of the row",
        "account": "it is a name or a number of the row",
        "same": "all its values are the same",
        "nothing": "it holds nothing",
        "empty": "it holds nothing",
        "one": "all its values are the same",
        "uuid": "it is a name, or too rare",
        "ten_thousand": "it is a name, or too rare",
        "customerSex": "sex, marital status, ethnicity, religion and health are never used",
        "outcome": "it tells every good row from every bad one",
    }


@pytest.mark.parametrize(
    "name", ["SEX", "gender", "personal_status_and_sex", "MaritalStatus", "MARRIAGE", "性别", "race"]
)
def test_some_columns_are_never_used(name: str) -> None:
    assert is_never_used(name)


@pytest.mark.parametrize("name", ["essex_district", "trace", "sexagesimal", "Brace", "healthy_margin", "use"])
def test_names_that_only_sound_like_it_are_used(name: str) -> None:
    assert not is_never_used(name)


def test_infinite_values_and_many_levels_are_scored() -> None:
    table = given(4000)
    rng = np.random.default_rng(4)
    ratio = table.columns["use"].copy()
    ratio[:200], ratio[200:300] = np.inf, -np.inf
    district = pa.array([f"D{each}" for each in np.minimum(rng.geometric(0.01, 4000), 10_000)])
    made = fit(replace(table, columns={**table.columns, "use": ratio, "district": district}))
    assert {found.values for found in item(made, "use").bins if found.kind == "special"} == {("inf",), ("-inf",)}


real = pytest.mark.skipif(not REAL.exists(), reason="the real data are not there")


@real
def test_card_holders_of_taiwan() -> None:
    """UCI's default of credit card clients, without sex, education, marriage and age, five folds."""
    path = REAL / "uci_default" / "dev_21000.csv.gz"
    roles = Roles("default.payment.next.month", "ID", excluded=["SEX", "EDUCATION", "MARRIAGE", "AGE"])
    made = fit(read_training(path, roles))
    assert made.training is not None
    held = made.training.metrics["held_out"]
    assert held["how"] == "each of 5 folds, fitted on the others"
    assert 0.762 < held["auc"] < 0.78
    assert 0.40 < held["ks"] < 0.43
    assert 0.134 < held["brier"] < 0.139
    assert 0.95 < held["slope"] < 1.05


@real
def test_loans_of_germany_have_the_woe_of_the_published_formula() -> None:
    """UCI's German credit data: each bin's WOE recomputed from the file; the account's levels as in every textbook."""
    given = read_training(REAL / "german_credit" / "germancredit.csv.gz", Roles("creditability"))
    made = fit(given)
    held = made.training.metrics["held_out"] if made.training else {}
    assert 0.74 < held["auc"] < 0.80
    account = item(made, "status_of_existing_checking_account")
    texts = given.columns["status_of_existing_checking_account"].to_pylist()
    for found in account.bins:
        if found.kind != "values":
            continue
        mine = np.array([text in found.values for text in texts])
        goods, bads = (mine & ~given.bad).sum(), (mine & given.bad).sum()
        assert (found.goods, found.bads) == (goods, bads)
        assert found.woe == pytest.approx(math.log((goods / 700) / (bads / 300)))
    worst = next(found for found in account.bins if "... < 0 DM" in found.values)
    assert (worst.values, round(worst.woe, 4)) == (("... < 0 DM",), -0.8181)


@real
def test_invoices_by_time_from_what_was_known_when_each_was_issued() -> None:
    """IBM's receivables: is it paid late? From the customer's earlier invoices as they stood on the day, and no other fact."""
    path = REAL / "ibm_ar" / "dev_first70pct.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def day(text: str) -> int:
        return dt.datetime.strptime(text, "%m/%d/%Y").toordinal()  # noqa: DTZ007

    issued = np.array([day(row["InvoiceDate"]) for row in rows])
    due = np.array([day(row["DueDate"]) for row in rows])
    paid = np.array([day(row["SettledDate"]) for row in rows])
    customer = np.array([row["customerID"] for row in rows])
    made = []
    for place, now in enumerate(issued):
        before = (customer == customer[place]) & (issued < now)
        is_known = before & ((paid < now) | (due < now))
        late_days = np.maximum(np.minimum(paid, now)[is_known] - due[is_known], 0)
        settled = late_days[np.argsort(issued[is_known], kind="stable")]
        last = settled[-3:]
        made.append(
            (
                ((late_days > 0).sum() + 1.5) / (len(late_days) + 4),
                late_days.mean() if len(late_days) else np.nan,
                (last > 0).mean() if len(last) else np.nan,
                float((before & (paid >= now) & (due < now)).sum()),
                float(before.sum()),
                float(rows[place]["InvoiceAmount"]),
            )
        )
    names = ("late_share", "mean_late_days", "late_share_of_3", "overdue_now", "invoices", "amount")
    columns: dict[str, Column] = dict(zip(names, np.array(made).T, strict=True))
    columns["country"] = pa.array([row["countryCode"] for row in rows])
    table = Given(
        columns, paid > due, pa.array(customer), issued.astype(float), roles={"id": "customerID"}, target="late"
    )
    card = fit(table)
    assert card.training is not None
    held = card.training.metrics["held_out"]
    assert held["how"].startswith("the latest")
    assert 0.81 < held["auc"] < 0.90
