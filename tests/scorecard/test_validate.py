"""A card whose probabilities are true by construction clears its bars; whatever is done to it is found."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from arrears.scorecard import metrics
from arrears.scorecard.baselines import RULE, Rule, against, best_rule
from arrears.scorecard.bins import points_of
from arrears.scorecard.card import Card
from arrears.scorecard.fairness import Finding, fairness
from arrears.scorecard.judged import OTHERS, Judged, grouped, judged
from arrears.scorecard.leakage import Sign, speaks_of_the_future
from arrears.scorecard.performance import figures
from arrears.scorecard.points import score
from arrears.scorecard.stability import Drift
from arrears.scorecard.validate import Validation, validate
from arrears.scorecard.verdict import Bars, Check, CheckName, State, Verdict, check, verdict

from .judging import CARD, COLUMNS, MONTHS, card_of, drawn, judged_rows, provenance, rows_of

ROWS = judged_rows()


def told(rows: Judged, card: Card = CARD, **options: object) -> Validation:
    return validate(card, rows, provenance(), **options)  # type: ignore[arg-type]


def states(found: Validation) -> dict[CheckName, State]:
    return {each.name: each.state for each in found.checks}


@pytest.fixture(scope="module")
def found() -> Validation:
    random = np.random.default_rng(3)
    rows = judged_rows(
        segments={"district": np.array(["north", "south"])[random.integers(0, 2, 9000)]},
        protected={"sex": np.array(["f", "m"])[random.integers(0, 2, 9000)]},
        baselines={"overdue": np.nan_to_num(ROWS.values["late_days"])},
    )
    return told(rows)


def test_a_true_card_clears_every_bar(found: Validation) -> None:
    assert set(states(found).values()) == {State.PASSED}
    assert found.verdict is Verdict.READY


def test_later_rows_are_what_it_is_judged_by(found: Validation) -> None:
    assert (found.judged_on, found.is_held_out) == ("later", True)
    assert {name: each.rows for name, each in found.samples.items()} == {"all": 9000, "window": 7200, "later": 1800}
    later = ROWS.where(ROWS.month > "2025-12") if ROWS.month is not None else ROWS
    assert found.samples["later"].auc == metrics.auc(metrics.ranking(later.bad, -later.points))
    assert sum(each.rows for each in found.deciles) == 1800
    assert sum(each.rows for each in found.grades) == 1800


def test_months_segments_and_grades_add_up(found: Validation) -> None:
    assert [each.name for each in found.months] == MONTHS
    assert sum(each.figures.rows for each in found.months) == 9000
    assert sum(each.figures.bads for each in found.segments["district"]) == found.samples["later"].bads
    assert sum(each.share for each in found.grades) == pytest.approx(1.0)
    for each in found.characteristics:
        assert sum(at.share or 0 for at in each.bins) == pytest.approx(1.0)


def test_points_at_a_cut_belong_to_the_grade_above() -> None:
    points = np.tile([600.0, 599.99, 570.0, 510.0, 509.99, 0.0], 1500)
    rows = {each.grade: each.rows for each in told(replace(ROWS, points=points, is_later=None)).grades}
    assert rows == {"A": 1500, "B": 3000, "C": 0, "D": 1500, "E": 3000}


def test_capacity_is_among_the_gains() -> None:
    found = told(ROWS, capacity=0.07)
    assert found.at_capacity is not None
    assert found.at_capacity.share == 0.07
    assert found.at_capacity in found.gains


def test_the_result_is_json_without_a_hole(found: Validation) -> None:
    read = json.loads(found.to_json())
    assert read["samples"]["later"]["auc"] == found.samples["later"].auc
    assert read["verdict"] == "ready"
    assert read["grades"][0]["from_points"] == "600"
    assert found.to_json() == replace(found).to_json()


def test_rows_of_the_fit_are_told_to_flatter() -> None:
    rows = replace(ROWS, month=None, is_later=None)
    found = validate(CARD, rows, provenance(is_fitted_on=True))
    assert (found.judged_on, found.is_held_out) == ("all", False)
    assert states(found)[CheckName.HELD_OUT] is State.UNKNOWN
    assert states(found)[CheckName.FALL] is State.UNKNOWN
    assert found.verdict is Verdict.OPEN
    other = validate(CARD, rows, provenance(is_fitted_on=False))
    assert states(other)[CheckName.HELD_OUT] is State.PASSED


def test_few_later_rows_do_not_judge() -> None:
    is_later = np.zeros(9000, dtype=np.bool_)
    is_later[:30] = True
    found = told(replace(ROWS, is_later=is_later))
    assert found.judged_on == "all"
    assert not found.is_rule_chosen_apart
    assert found.samples["later"].is_too_few
    assert found.samples["later"].auc is None


def test_wrong_level_and_slope_are_found() -> None:
    doubled = replace(ROWS, probability=np.minimum(ROWS.probability * 2, 0.99))
    assert states(told(doubled))[CheckName.LEVEL] is State.FAILED
    odds = np.log(ROWS.probability / (1 - ROWS.probability))
    bold = replace(ROWS, probability=1 / (1 + np.exp(-2 * odds - 2.0)))
    assert states(told(bold))[CheckName.SLOPE] is State.FAILED
    assert told(bold).verdict is Verdict.UNREADY


def test_weak_order_and_its_fall_are_found() -> None:
    random = np.random.default_rng(4)
    later = ROWS.is_later
    assert later is not None
    points = np.where(later, random.permutation(ROWS.points), ROWS.points)
    found = told(replace(ROWS, points=points))
    for name in (CheckName.ORDER, CheckName.SEPARATION, CheckName.FALL, CheckName.BASELINE):
        assert states(found)[name] is State.FAILED, name


def test_another_population_is_found_and_its_cause_named() -> None:
    found = told(judged_rows(late=0.8))
    assert found.drifts.points is not None
    assert found.drifts.points.overall.drift is Drift.ACT
    assert states(found)[CheckName.STABILITY] is State.FAILED
    drifted = {each.feature: each.overall for each in found.drifts.characteristics}
    assert (drifted["late_days"].drift, drifted["tariff"].drift) == (Drift.ACT, Drift.STABLE)
    assert drifted["late_days"].points is not None
    assert drifted["late_days"].points < -10


def test_a_month_of_few_rows_does_not_judge_stability() -> None:
    assert ROWS.month is not None
    months = np.where((ROWS.month == "2026-03") & (np.arange(9000) > 300), "2026-02", ROWS.month)
    cleared = {each.name: each for each in told(replace(ROWS, month=months)).checks}
    assert cleared[CheckName.STABILITY].subject == "2026-02"


def test_drift_is_held_against_the_fit_or_the_first_month() -> None:
    assert told(ROWS).drifts.reference == "training"
    bare = replace(CARD, training=None)
    assert told(ROWS, bare).drifts.reference == "2025-01"
    nothing = told(replace(ROWS, month=None), bare)
    assert (nothing.drifts.reference, nothing.drifts.points) == ("none", None)
    assert states(nothing)[CheckName.STABILITY] is State.UNKNOWN


def test_few_bads_are_said_to_be_few() -> None:
    bad = np.zeros(9000)
    bad[:10] = 1
    found = told(judged_rows(bad=bad))
    assert all(each.is_too_few and each.auc is None for each in found.samples.values())
    assert (found.roc, found.deciles, found.gains, found.baselines, found.at_capacity) == ((), (), (), (), None)
    assert found.verdict is Verdict.OPEN


@pytest.mark.parametrize("bad", [np.zeros(9000), np.ones(9000)])
def test_one_class_is_no_crash(bad: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    found = told(judged_rows(bad=bad))
    assert found.samples["all"].bad_rate == bad[0]
    assert found.verdict is Verdict.OPEN
    json.loads(found.to_json())


def test_no_rows_are_no_crash() -> None:
    found = told(ROWS.where(np.zeros(9000, dtype=np.bool_)))
    assert (found.samples["all"].rows, found.samples["all"].bad_rate) == (0, None)


def test_a_month_without_bads_has_rates_and_no_order() -> None:
    bad = np.where(ROWS.month == "2025-03", 0.0, ROWS.bad)
    months = {each.name: each.figures for each in told(replace(ROWS, bad=bad)).months}
    assert (months["2025-03"].bad_rate, months["2025-03"].auc, months["2025-03"].is_too_few) == (0.0, None, True)
    assert months["2025-04"].auc is not None


def test_a_weight_is_so_many_rows_in_every_figure() -> None:
    weight = np.random.default_rng(5).integers(0, 3, 9000).astype(np.float64)
    weighted = figures(replace(ROWS, weight=weight))
    places = np.repeat(np.arange(9000), weight.astype(int))
    repeated = Judged(ROWS.bad[places], ROWS.probability[places], ROWS.points[places], np.ones(len(places)), placed=())
    plain = figures(repeated)
    for name in ("bads", "bad_rate", "auc", "ks", "brier", "log_loss", "slope", "intercept", "mean_points"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name)), name


# Parts


def test_each_part_is_judged_by_its_own_rows() -> None:
    late, tariff = CARD.parts[0].characteristics
    assert CARD.parts[0].model is not None
    model = replace(CARD.parts[0].model, covariance=((0.001, 0.0), (0.0, 0.001)))
    own = replace(CARD.parts[0], segment="general_commercial", characteristics=(late,), model=model)
    card = replace(CARD, segment_by="tariff", parts=(own, replace(CARD.parts[0], characteristics=(late, tariff))))
    columns = rows_of(4000, seed=8)
    rows = judged(card, columns, drawn(score(card, columns).probability, 8), month=np.repeat(MONTHS[:8], 500))
    is_own = np.array([each == "general_commercial" for each in columns["tariff"].to_pylist()])
    assert [(each.part, each.feature) for each in rows.placed] == [(0, "late_days"), (1, "late_days"), (1, "tariff")]
    assert ((rows.placed[0].place >= 0) == is_own).all()
    assert ((rows.placed[1].place >= 0) == ~is_own).all()
    points = points_of(card, rows)
    assert (points["tariff"][is_own] == 0).all()
    assert np.allclose(points["late_days"] + points["tariff"] + 545, rows.points)
    found = told(rows, card)
    counted = {(each.part, each.feature): each.overall.rows for each in found.drifts.characteristics}
    assert counted[("general_commercial", "late_days")] == is_own.sum()
    assert counted[(None, "late_days")] == counted[(None, "tariff")] == (~is_own).sum()
    assert [each.segment for each in found.characteristics] == ["general_commercial", None, None]


# Baselines


def test_the_best_rule_is_found_and_said() -> None:
    rule = best_rule(CARD, ROWS)
    assert rule is not None
    assert (rule.feature, rule.sign, str(rule.limit)) == ("late_days", ">=", "1")
    leads = [
        metrics.ks(metrics.ranking(ROWS.bad, Rule("late_days", ">=", limit).flags(ROWS)))
        for limit in (rule.limit, next(at.below for at in CARD.parts[0].characteristics[0].bins[1:]))
    ]
    assert leads[0] is not None
    assert leads[1] is not None
    assert leads[0] > leads[1]


def test_a_rule_of_texts_flags_those_and_no_missing_one() -> None:
    rows = replace(ROWS, values={"tariff": pa.array(["a", "b", None, "c"], pa.string())})
    assert Rule("tariff", "in", values=("a", "c")).flags(rows).tolist() == [True, False, False, True]


def test_a_missing_number_is_not_flagged() -> None:
    rows = replace(ROWS, values={"late_days": np.array([np.nan, 1.0, 2.0])})
    limit = CARD.parts[0].characteristics[0].bins[0].below
    assert Rule("late_days", ">=", limit).flags(rows).tolist() == [False, True, True]
    assert Rule("late_days", "<", limit).flags(rows).tolist() == [False, False, False]


def test_the_rule_is_chosen_apart_from_the_rows_that_judge_it(found: Validation) -> None:
    assert found.is_rule_chosen_apart
    assert found.baselines[0].name == RULE
    assert not told(replace(ROWS, is_later=None)).is_rule_chosen_apart


def test_a_baseline_by_hand() -> None:
    # Forty bads, forty goods; the flag finds 30 of the bads and wrongs 10 of the goods.
    bad = np.repeat([1.0, 0.0], 40)
    flag = np.concatenate([np.repeat([1.0, 0.0], [30, 10]), np.repeat([1.0, 0.0], [10, 30])])
    rows = Judged(bad, bad * 0.5 + 0.2, -bad, np.ones(80), placed=())
    given = against(rows, "flag", flag)
    assert given is not None
    assert (given.flagged_share, given.gain, given.precision) == pytest.approx((0.5, 0.75, 0.75))
    assert (given.auc, given.gain_of_card, given.is_turned) == pytest.approx((0.75, 1.0, False))
    turned = against(rows, "flag", 1 - flag)
    assert turned is not None
    assert (turned.auc, turned.gain, turned.is_turned) == pytest.approx((0.75, 0.75, True))


def test_the_strongest_baseline_is_the_bar() -> None:
    random = np.random.default_rng(9)
    columns = {
        "noise": random.normal(size=9000),
        "stronger": ROWS.risk + 40 * ROWS.bad,
        "weak": ROWS.risk + 200 * random.normal(size=9000),
    }
    cleared = {each.name: each for each in told(replace(ROWS, baselines=columns)).checks}
    assert (cleared[CheckName.BASELINE].state, cleared[CheckName.BASELINE].subject) == (State.FAILED, "stronger")


def test_skill_is_what_the_card_takes_off_the_variance_of_the_outcome() -> None:
    told_of = figures(ROWS)
    assert told_of.brier_skill == pytest.approx(1 - np.mean((ROWS.probability - ROWS.bad) ** 2) / np.var(ROWS.bad))


def test_a_baseline_with_missing_values_and_one_of_nothing_else() -> None:
    bad = np.repeat([1.0, 0.0], 40)
    rows = Judged(bad, bad * 0.5 + 0.2, -bad, np.ones(80), placed=())
    some = against(rows, "days", np.where(np.arange(80) % 2 == 0, bad, np.nan))
    none = against(rows, "days", np.full(80, np.nan))
    assert some is not None
    assert none is not None
    assert (some.auc, none.auc) == (0.75, 0.5)


# Leaks


def test_too_good_a_card_raises_the_alarm() -> None:
    points = ROWS.points - 500 * ROWS.bad
    signs = {each.sign for each in told(replace(ROWS, points=points)).leaks}
    assert signs == {Sign.TOTAL}


def test_a_feature_that_is_the_outcome_raises_the_alarm() -> None:
    columns = {**COLUMNS, "late_days": np.where(np.arange(6000) % 8 == 0, 20.0, 0.0)}
    card = card_of(columns)
    bad = (columns["late_days"] > 0).astype(np.float64)
    bad[:60] = 1 - bad[:60]
    found = told(judged(card, columns, bad), card)
    assert {(each.sign, each.feature) for each in found.leaks} >= {
        (Sign.SINGLE, "late_days"),
        (Sign.PURE_BIN, "late_days"),
    }
    assert states(found)[CheckName.LEAKAGE] is State.FAILED


@pytest.mark.parametrize(
    ("name", "is_future"),
    [
        ("SettledDate", True),
        ("DaysToSettle", True),
        ("DaysLate", True),
        ("default.payment.next.month", True),
        ("written_off_amount", True),
        ("结清日期", True),
        ("longest_late_days_12m", False),
        ("bills_15_days_late_12m", False),
        ("last_default", False),
        ("next_due_on", False),
        ("PAY_0", False),
        ("tariff", False),
        ("近3个月结清次数", False),
    ],
)
def test_names_that_speak_of_the_future(name: str, is_future: bool) -> None:
    assert speaks_of_the_future(name) is is_future


# Fairness


def test_equal_groups_are_fair(found: Validation) -> None:
    assert [(each.attribute, each.finding, each.is_in_card) for each in found.fairness] == [
        ("sex", Finding.FAIR, False)
    ]


def test_a_group_that_is_marked_down_is_found() -> None:
    group = np.where(np.random.default_rng(6).random(9000) < 0.3, "moved", "stayed")
    rows = replace(ROWS, points=ROWS.points - 40 * (group == "moved"))
    made = fairness(rows, "origin", group, 0.2, is_in_card=False)
    moved = next(each for each in made.groups if each.name == "moved")
    assert (made.finding, moved.finding) == (Finding.ACT, Finding.ACT)
    assert moved.wronged_gap is not None
    assert moved.wronged_gap > 0.10
    assert moved.points_gap == pytest.approx(-40, abs=3)
    assert states(told(replace(rows, protected={"origin": group})))[CheckName.FAIRNESS] is State.FAILED


def test_a_group_that_really_pays_worse_is_no_gap_in_points() -> None:
    is_worse = np.random.default_rng(7).random(9000) < np.where(ROWS.bad == 1, 0.7, 0.3)
    made = fairness(ROWS, "origin", np.where(is_worse, "worse", "better"), 0.1, is_in_card=False)
    better, worse = made.groups
    assert worse.bad_rate > 3 * better.bad_rate
    assert worse.points_gap == pytest.approx(0, abs=2)
    assert made.finding is Finding.FAIR


@pytest.mark.parametrize(
    ("share", "finding"), [(0.14, Finding.FAIR), (0.17, Finding.WATCH), (0.21, Finding.ACT), (0.06, Finding.FAIR)]
)
def test_lines_of_fairness(share: float, finding: Finding) -> None:
    """Of 4,000 goods on either side 10 % are flagged here and `share` there; of 100 bads all."""
    wronged = [int(4000 * each) for each in (0.10, share)]
    flagged = np.concatenate([np.repeat([1.0, 0.0], [100 + each, 4000 - each]) for each in wronged])
    bad = np.concatenate([np.repeat([1.0, 0.0], [100, 4000])] * 2)
    rows = Judged(bad, flagged * 0.5 + 0.1, -flagged, np.ones(8200), placed=())
    names = np.repeat(["here", "there"], 4100)
    made = fairness(rows, "origin", names, float(flagged.mean()), is_in_card=False)
    assert {each.finding for each in made.groups} == {finding}
    assert made.groups[1].wronged_gap == pytest.approx(share - 0.10)
    assert made.groups[1].found_gap == 0


def test_an_attribute_in_the_card_is_never_fair() -> None:
    found = told(replace(ROWS, protected={"tariff": np.array(["a", "b"])[np.arange(9000) % 2]}))
    assert found.fairness[0].is_in_card
    assert states(found)[CheckName.FAIRNESS] is State.FAILED


def test_small_groups_are_said_to_be_small() -> None:
    names = np.full(9000, "many")
    names[:50] = "few"
    made = fairness(ROWS, "origin", names, 0.1, is_in_card=True)
    assert {each.name: each.finding for each in made.groups}["few"] is Finding.TOO_FEW
    assert made.is_in_card


def test_groups_of_numbers_are_quarters_and_many_texts_are_gathered() -> None:
    ages = np.array([*range(20, 60), np.nan])
    assert [str(each) for each in np.unique(grouped(ages))] == ["", "20 – 29", "30 – 39", "40 – 49", "50 – 59"]
    assert set(grouped(np.array([1.0, 2.0, np.nan]))) == {"1", "2", ""}
    texts = grouped(np.array([f"village {i % 60:02}" for i in range(600)] + ["town"] * 50, dtype=object))
    assert len(np.unique(texts)) == 20
    assert (texts == OTHERS).sum() == 600 - 18 * 10
    assert (texts == "town").sum() == 50


# Bars


@pytest.mark.parametrize(
    ("value", "low", "high", "state"),
    [
        (0.70, 0.70, None, State.PASSED),
        (0.6999, 0.70, None, State.FAILED),
        (0.25, None, 0.25, State.PASSED),
        (0.2501, None, 0.25, State.FAILED),
        (None, 0.1, 0.2, State.UNKNOWN),
    ],
)
def test_a_bar_is_cleared_when_it_is_reached(
    value: float | None, low: float | None, high: float | None, state: State
) -> None:
    assert check(CheckName.ORDER, value, low, high).state is state


def test_the_verdict_is_the_worst_and_what_is_needed_must_be_known() -> None:
    passed = Check(CheckName.ORDER, State.PASSED)
    assert verdict((passed,)) is Verdict.READY
    assert verdict((passed, Check(CheckName.FAIRNESS, State.UNKNOWN))) is Verdict.READY
    assert verdict((passed, Check(CheckName.SLOPE, State.UNKNOWN))) is Verdict.OPEN
    assert verdict((Check(CheckName.SLOPE, State.UNKNOWN), Check(CheckName.FALL, State.FAILED))) is Verdict.UNREADY


def test_bars_are_the_callers() -> None:
    assert states(told(ROWS, bars=Bars(least_auc=0.99)))[CheckName.ORDER] is State.FAILED
