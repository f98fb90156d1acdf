"""Each figure against a second way of working it out: by counting pairs, by brute force, or by hand."""

from dataclasses import astuple
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrears.errors import UsageError
from arrears.scorecard import metrics
from arrears.scorecard.metrics import ranking

Rows = list[tuple[int, int, int]]

rows = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=30)


def pairs_won(told: Rows) -> float | None:
    """The AUC by looking at every pair of a bad and a good."""
    won = seen = 0.0
    for bad, risk, weight in told:
        for other, against, times in told:
            if bad == 1 and other == 0:
                seen += weight * times
                won += weight * times * (1.0 if risk > against else 0.5 if risk == against else 0.0)
    return won / seen if seen else None


def widest_lead(told: Rows) -> float:
    bads, goods = (sum(w for bad, _, w in told if bad == which) for which in (1, 0))
    leads = [
        sum(w for bad, risk, w in told if bad and risk >= at) / bads
        - sum(w for bad, risk, w in told if not bad and risk >= at) / goods
        for at in range(8)
    ]
    return max(leads)


@given(rows)
@settings(max_examples=60)
def test_auc_and_ks_are_those_of_brute_force(told: Rows) -> None:
    ranked = ranking(*zip(*told, strict=True))
    wanted = pairs_won(told)
    if wanted is None:
        assert metrics.auc(ranked) is None
        assert metrics.gini(ranked) is None
        assert metrics.ks(ranked) is None
        assert metrics.roc(ranked) == ()
    else:
        assert metrics.auc(ranked) == pytest.approx(wanted)
        assert metrics.gini(ranked) == pytest.approx(2 * wanted - 1)
        assert metrics.ks(ranked) == pytest.approx(widest_lead(told))


@given(rows)
@settings(max_examples=30)
def test_a_weight_is_so_many_rows(told: Rows) -> None:
    weighted = ranking(*zip(*told, strict=True))
    repeated = [(bad, risk) for bad, risk, weight in told for _ in range(weight)]
    if repeated:
        plain = ranking(*zip(*repeated, strict=True))
        assert metrics.auc(weighted) == pytest.approx(metrics.auc(plain))
        assert metrics.ks(weighted) == pytest.approx(metrics.ks(plain))
        ours, theirs = metrics.at_capacity(weighted, 0.3), metrics.at_capacity(plain, 0.3)
        assert (ours is None) == (theirs is None)
        if ours is not None and theirs is not None:
            assert astuple(ours) == pytest.approx(astuple(theirs))


def test_order_of_rows_does_not_matter() -> None:
    random = np.random.default_rng(1)
    bad, risk = random.integers(0, 2, 500), random.integers(0, 40, 500) / 40
    shuffled = random.permutation(500)
    one, other = metrics.auc_interval(bad, risk), metrics.auc_interval(bad[shuffled], risk[shuffled])
    assert one is not None
    assert other is not None
    assert astuple(one) == pytest.approx(astuple(other))


def test_constant_score_tells_nothing_apart() -> None:
    ranked = ranking([1, 0, 0, 1, 0], [0.2] * 5)
    assert (metrics.auc(ranked), metrics.ks(ranked)) == (0.5, 0.0)
    found = metrics.at_capacity(ranked, 0.4)
    assert found is not None
    assert (found.gain, found.precision, found.lift) == pytest.approx((0.4, 0.4, 1.0))


def test_capacity_by_hand() -> None:
    # Ten rows, three bad. The two riskiest hold one bad; of the tie of two behind them one is bad.
    bad, risk = [1, 0, 1, 0, 0, 1, 0, 0, 0, 0], [9, 8, 7, 7, 6, 5, 4, 3, 2, 1]
    ranked = ranking(bad, risk)
    two = metrics.at_capacity(ranked, 0.2)
    assert two is not None
    assert astuple(two) == pytest.approx((0.2, 1 / 3, 0.5, 5 / 3, 8.0))
    half_a_tie = metrics.at_capacity(ranked, 0.3)
    assert half_a_tie is not None
    assert astuple(half_a_tie) == pytest.approx((0.3, 0.5, 0.5, 5 / 3, 7.0))
    everyone = metrics.at_capacity(ranked, 1.0)
    assert everyone is not None
    assert astuple(everyone) == pytest.approx((1.0, 1.0, 0.3, 1.0, 1.0))
    assert metrics.at_capacity(ranked, 0.0) is None
    assert metrics.at_capacity(ranking([0, 0], [1, 2]), 0.5) is None


def test_the_curve_keeps_its_ends_and_the_point_of_the_ks() -> None:
    random = np.random.default_rng(2)
    bad = random.integers(0, 2, 3000)
    risk = random.normal(bad * 0.8, 1.0)
    ranked = ranking(bad, risk)
    curve = metrics.roc(ranked, 50)
    assert len(curve) in (50, 51)
    assert (curve[0].risk, curve[0].good_share, curve[0].bad_share) == (None, 0.0, 0.0)
    assert (curve[-1].good_share, curve[-1].bad_share) == (1.0, 1.0)
    assert max(point.bad_share - point.good_share for point in curve) == metrics.ks(ranked)
    assert all(a.good_share <= b.good_share and a.bad_share <= b.bad_share for a, b in pairwise(curve))


def test_delong_by_hand() -> None:
    # Bads 3 and 1 against goods 2, 0 and 1: placements of bads 1 and 1/2, of goods 1/2, 1 and 3/4.
    found = metrics.auc_interval([1, 1, 0, 0, 0], [3, 1, 2, 0, 1])
    assert found is not None
    bads, goods = np.var([1, 0.5], ddof=1) / 2, np.var([0.5, 1, 0.75], ddof=1) / 3
    assert (found.value, found.error) == pytest.approx((0.75, np.sqrt(bads + goods)))
    assert 0 < found.low < 0.75 < found.high < 1


def test_interval_holds_the_truth_19_times_of_20() -> None:
    random, truth = np.random.default_rng(3), 0.760  # two normals one apart: Φ(1 / √2)
    hits = 0
    for _ in range(200):
        bad = np.repeat([1, 0], [60, 140])
        found = metrics.auc_interval(bad, random.normal(bad, 1.0))
        assert found is not None
        hits += found.low <= truth <= found.high
    assert 181 <= hits <= 197


def test_rows_of_one_customer_count_as_one() -> None:
    random = np.random.default_rng(4)
    bad = random.integers(0, 2, 200)
    risk = random.normal(bad, 1.0)
    once = metrics.auc_interval(bad, risk)
    ids = [f"c{i}" for i in range(200)]
    four_times = metrics.auc_interval(np.tile(bad, 4), np.tile(risk, 4), cluster=metrics.cluster_of(ids * 4))
    careless = metrics.auc_interval(np.tile(bad, 4), np.tile(risk, 4))
    assert once is not None
    assert four_times is not None
    assert careless is not None
    assert four_times.error == pytest.approx(once.error, rel=0.02)
    assert careless.error == pytest.approx(once.error / 2, rel=0.02)
    assert metrics.cluster_of(ids) is None


def test_lead_over_itself_is_nothing_and_over_its_opposite_is_twice() -> None:
    bad, risk = [1, 1, 0, 0, 0], [3, 1, 2, 0, 1]
    assert metrics.auc_lead(bad, risk, risk) == metrics.Interval(0.0, 0.0, 0.0, 0.0)
    opposite = metrics.auc_lead(bad, risk, [-each for each in risk])
    single = metrics.auc_interval(bad, risk)
    assert opposite is not None
    assert single is not None
    assert (opposite.value, opposite.error) == pytest.approx((0.5, 2 * single.error))


@pytest.mark.parametrize(("bad", "risk"), [([1, 0], [2, 1]), ([1, 1], [1, 2]), ([0], [1])])
def test_no_interval_where_none_is_to_be_had(bad: list[int], risk: list[int]) -> None:
    assert metrics.auc_interval(bad, risk) is None


def test_wilson_by_hand() -> None:
    # 5 of 20: Wilson's 95 % is 0.112 to 0.469.
    assert metrics.share_interval(0.25, 20) == pytest.approx((0.1119, 0.4687), abs=1e-4)
    assert metrics.share_interval(0.0, 10)[0] == 0.0
    assert metrics.share_interval(1.0, 10)[1] == 1.0


def test_bands_never_part_equal_risks() -> None:
    risk = [0.1] * 7 + [0.2, 0.3, 0.4]
    place = metrics.bands(risk, count=10)
    assert place.tolist() == [0] * 7 + [1, 2, 3]
    assert metrics.bands(list(range(100))).tolist() == [i // 10 for i in range(100)]


@pytest.mark.parametrize(
    ("bad", "risk", "weight", "told"),
    [
        ([1, 0.5], [1, 2], None, "row 2: the outcome is 0.5"),
        ([1, 0], [float("nan"), 2], None, "row 1: the risk is nan"),
        ([1, 0], [1, float("inf")], None, "row 2: the risk is inf"),
        ([1, 0], [1, 2], [1, -1], "row 2: the weight is -1"),
        ([1, 0, 1], [1, 2], None, "3 outcomes, 2 risks"),
    ],
)
def test_what_cannot_be_used_is_named(
    bad: list[float], risk: list[float], weight: list[float] | None, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        ranking(bad, risk, weight)


def test_a_million_rows_take_no_time_to_speak_of() -> None:
    random = np.random.default_rng(5)
    bad = random.integers(0, 2, 1_000_000)
    risk = random.normal(bad, 1.0).round(2)
    assert metrics.auc(ranking(bad, risk)) == pytest.approx(0.760, abs=0.002)


def test_scikit_learn_says_the_same() -> None:
    theirs = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(6)
    bad, weight = random.integers(0, 2, 2000), random.integers(1, 4, 2000)
    risk = random.normal(bad * 0.7, 1.0).round(1)
    ours = metrics.auc(ranking(bad, risk, weight))
    assert ours == pytest.approx(theirs.roc_auc_score(bad, risk, sample_weight=weight))
