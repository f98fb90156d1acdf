"""What stands around bills and payments: premises, meters, adjustments, arrangements, and what is known of a customer."""

import datetime as dt
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from arrears.sources.simulate.entries import Block, make_block
from arrears.sources.simulate.months import NEVER, day_number, month_number
from arrears.sources.simulate.protections import TYPE_CODES
from arrears.sources.simulate.random_streams import Bools, Floats, RandomStreams

from .demo_utility import LIVELY_START, LIVELY_UNTIL, Rows, Utility, column, is_first_issue

pytestmark = pytest.mark.xdist_group("lively")
HOUSEHOLDS = "200"
FAILED = "02"


@pytest.fixture(scope="module")
def rows(lively: Utility) -> Rows:
    return lively.rows()


@pytest.fixture(scope="module")
def hidden(lively: Utility) -> Block:
    """What nobody at the utility sees."""
    months = month_number(LIVELY_START), month_number(LIVELY_UNTIL)
    return make_block(RandomStreams(lively.seed), 0, lively.accounts, day_number(LIVELY_START), *months)


def test_a_premise_may_have_several_accounts_and_customers_but_one_district(rows: Rows) -> None:
    supplies = defaultdict(list)
    for row in rows["c_cons"]:
        supplies[row[9]].append(row)
    places = {row[0]: row for row in rows["c_prem"]}
    assert set(places) == set(supplies)
    for premise, there in supplies.items():
        assert {row[3] for row in there} == {places[premise][1]}
    shared = [there for there in supplies.values() if len(there) > 1]
    assert 0.01 < len(shared) / len(supplies) < 0.2
    assert any(len({row[2] for row in there}) > 1 for there in shared)
    assert all(code.startswith("99") and len(code) == 6 for _, _, _, code, _ in places.values())


def test_contracts_say_how_bills_are_paid(rows: Rows) -> None:
    supplies = rows["c_cons"]
    assert set(column(supplies, 11)) == {"01", "02", None}
    assert set(column(supplies, 12)) == {"01", "02", "03", "04"}
    channels: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows["a_pay_flow"]:
        channels[row[1]][row[4]] += 1
    for row in supplies:
        if row[12] == "04" and row[1] in channels:
            assert channels[row[1]]["0201"] > 0
    guarantors = [row for row in supplies if row[10] is not None]
    assert guarantors
    assert all(row[10] != row[2] and row[5] != HOUSEHOLDS for row in guarantors)


def test_who_prepays_has_paid_before_the_bill_comes(rows: Rows) -> None:
    prepays = {row[1] for row in rows["c_cons"] if row[12] == "02"}
    issued = {row[0]: row[2] for row in rows["a_rcvbl_flow"]}
    ahead = [
        row[2] <= issued[row[0] // 10 * 10]
        for row in rows["a_pay_flow"]
        if row[1] in prepays and row[0] % 10 == 1 and row[0] // 10 * 10 in issued
    ]
    assert len(ahead) > 100
    assert np.mean(ahead) > 0.7


def test_a_register_advances_by_what_is_billed_whatever_meter_is_there(rows: Rows) -> None:
    """For accounts that opened, and changed their meter, within the books."""
    removed = {row[0]: row for row in rows["c_meter_rmv"]}
    meters = [row for row in rows["c_meter_inst"] if row[0] in removed and row[5] >= LIVELY_START]
    bills = defaultdict(list)
    for row in rows["a_rcvbl_flow"]:
        if is_first_issue(row):
            bills[row[1]].append(row)
    corrected = {row[0] for row in rows["a_rcvbl_cancel"]}
    compared = 0
    for meter in meters:
        installed, gone = meter[5], removed[meter[0]][1]
        mine = [row for row in bills[meter[1]] if row[4] > installed and row[3] <= gone]
        if (gone - installed).days < 120 or any(row[0] in corrected for row in mine):
            continue
        billed = sum(row[6] * overlap(row, installed, gone) for row in mine)
        advance = (removed[meter[0]][2] - meter[6]) / 100
        rollover = 10 ** meter[4]
        off = (advance - billed + rollover / 2) % rollover - rollover / 2
        assert abs(off) < 0.06 * billed + 40, meter
        compared += 1
    assert compared >= 10


def overlap(bill: tuple[Any, ...], installed: dt.date, gone: dt.date) -> float:
    """Share of a bill's days on which the meter was there; the day of a change belongs to the meter that goes."""
    first, last = max(bill[3], installed + dt.timedelta(days=1)), min(bill[4], gone)
    days: int = (last - first).days + 1
    length: int = (bill[4] - bill[3]).days + 1
    return max(0, days) / length


def test_registers_only_grow_but_where_they_begin_again(lively: Utility, rows: Rows) -> None:
    digits = {row[2]: row[4] for row in rows["c_meter_inst"]}
    by_meter: dict[str, dict[str, int]] = defaultdict(dict)
    for _, day, _, _, _, meter, register in lively.reads():
        if register:
            by_meter[meter][day] = round(float(register) * 100)
    use = {row[1]: row[6] / ((row[4] - row[3]).days + 1) for row in rows["a_rcvbl_flow"] if is_first_issue(row)}
    rolled = 0
    for meter, shown in by_meter.items():
        for (before, low), (after, high) in pairwise(sorted(shown.items())):
            days = (dt.date.fromisoformat(after) - dt.date.fromisoformat(before)).days
            advance = (high - low) % 10 ** (digits[meter] + 2) / 100
            assert advance <= 4 * use[meter[:-1]] * (days + 1) + 5, "less than a turn, about what is billed"
            rolled += high < low
    assert rolled > 0
    assert 0.05 < len(by_meter) / len(digits) < 0.25


def test_both_meters_of_a_change_are_read(rows: Rows, lively: Utility) -> None:
    swapped = {
        row[1]: row[5] for row in rows["c_meter_inst"] if row[2].endswith("2") and row[5] > dt.date(2026, 10, 13)
    }
    seen = defaultdict(set)
    for number, day, _, _, _, meter, _ in lively.reads():
        if number in swapped and dt.date.fromisoformat(day) < dt.date(2026, 10, 30):
            seen[number].add((meter[-1], dt.date.fromisoformat(day) > swapped[number]))
    assert seen
    assert all(pairs <= {("1", False), ("2", True)} for pairs in seen.values())


def test_a_load_curve_adds_up_to_the_read_of_its_day(lively: Utility) -> None:
    daily = {(line[5], line[1]): line[2] for line in lively.reads() if line[3] == "0" and line[2]}
    curves = lively.load_curves()
    whole = [line for line in curves if line[3] == "0" and all(line[5:])]
    assert len(whole) > 10
    for line in whole:
        if (line[1], line[2]) in daily:
            assert abs(sum(map(float, line[5:])) - float(daily[line[1], line[2]])) < 1e-6
    assert {len(line) for line in curves} == {5 + 48}
    assert len({line[0] for line in curves}) <= 0.01 * lively.accounts


def test_energy_by_period_adds_up_where_the_tariff_has_periods(rows: Rows) -> None:
    tariff = {row[1]: row[5] for row in rows["c_cons"]}
    for row in rows["a_rcvbl_flow"]:
        has_periods = tariff[row[1]] in ("400", "100") and row[9] == "01"
        assert (row[10] is not None) == has_periods
        assert not has_periods or row[10] + row[11] + row[12] == row[6]


def test_books_begin_with_debts_and_with_credit(rows: Rows) -> None:
    openings = [row for row in rows["a_adjust_flow"] if row[2] == "01"]
    opened = {row[1]: row[8] for row in rows["c_cons"]}
    for row in openings:
        assert row[4] == LIVELY_START > opened[row[1]]
        assert (row[5] is not None) == (row[6] > 0)
        assert row[5] is None or row[5] < LIVELY_START
    assert len([row for row in openings if row[6] < 0]) > 20
    assert len([row for row in openings if row[6] > 0]) > 20
    assert any(row[-1].date() > LIVELY_START + dt.timedelta(days=10) for row in openings), "some come over later"


def test_credits_and_write_offs(rows: Rows) -> None:
    bills = {row[0]: row for row in rows["a_rcvbl_flow"]}
    closed = {row[1]: end[1] for end in rows["c_cons_close"] for row in rows["c_cons"] if row[0] == end[0]}
    adjusted = defaultdict(list)
    for row in rows["a_adjust_flow"]:
        adjusted[row[2]].append(row)
    assert {row[3] is None for row in adjusted["02"]} == {True, False}
    for row in adjusted["02"] + adjusted["03"]:
        assert row[6] > 0
        assert row[3] is None or bills[row[3]][1] == row[1]
        assert row[3] is None or row[6] <= bills[row[3]][7]
    written_off = [row for row in adjusted["03"] if row[3] is not None]
    assert len(written_off) > 20
    assert all(row[4] > closed[row[1]] + dt.timedelta(days=200) for row in written_off)
    assert {row[2] for row in rows["a_adjust_flow"] if row[0] in {undone[0] for undone in rows["a_adjust_cancel"]}} >= {
        "02"
    }


def test_what_was_stolen_is_billed(rows: Rows) -> None:
    bills = {row[0]: row for row in rows["a_rcvbl_flow"] if row[9] == "02"}
    cases = {row[0]: row for row in rows["c_theft_case"]}
    assessed = {row[0]: row for row in rows["c_theft_assess"]}
    assert len(bills) > 5
    assert {row[3] for row in assessed.values()} >= set(bills)
    for case_id, row in assessed.items():
        assert cases[case_id][2] != "04", "a breach takes nothing"
        if row[3] in bills:
            assert tuple(bills[row[3]][6:8]) == row[1:3]
    cancelled = {row[0] for row in rows["a_rcvbl_cancel"]}
    for case in rows["c_theft_revoke"]:
        if case[0] in assessed:
            assert assessed[case[0]][3] in cancelled


def test_arrangements_are_kept_by_the_willing(rows: Rows, hidden: Block) -> None:
    assert set(column(rows["s_pay_plan"], 2)) == {"01", "02", "03"}
    assert set(column(rows["s_pay_plan_result"], 1)) == {"01", "02", "03"}
    parts = Counter(row[1] for row in rows["s_pay_plan_term"])
    kind = {row[0]: row[2] for row in rows["s_pay_plan"]}
    assert all(number == (3 if kind[plan] == "03" else 1) for plan, number in parts.items())
    willing = hidden.paths.willingness.mean(axis=1)
    kept: dict[bool, list[bool]] = {True: [], False: []}
    for row in rows["s_pay_plan_result"]:
        if row[1] != "03":
            kept[bool(willing[row[0] // 10_000 - 1] > np.median(willing[willing < 0]))].append(row[1] == "01")
    assert min(map(len, kept.values())) > 50
    assert np.mean(kept[True]) > np.mean(kept[False]) + 0.08
    assert 0.15 < np.mean(kept[True] + kept[False]) < 0.75


def test_instalments_that_were_kept_were_paid(rows: Rows) -> None:
    paid = defaultdict(list)
    for row in rows["a_pay_flow"]:
        paid[row[0] // 10 * 10].append((row[2], row[3]))
    results = {row[0]: row[1] for row in rows["s_pay_plan_result"]}
    first = [row for row in rows["s_pay_plan_term"] if row[2] == 1 and results.get(row[0]) == "01"]
    in_parts = {row[0] for row in rows["s_pay_plan"] if row[2] == "03"}
    checked = [row for row in first if row[1] in in_parts]
    assert checked
    for row in checked:
        assert sum(fen for on, fen in paid[row[1]] if on <= row[3]) >= row[4]


def test_deposits_are_called_when_a_business_fails(rows: Rows) -> None:
    tariff = {row[1]: row[5] for row in rows["c_cons"]}
    held = {row[0]: row for row in rows["c_deposit"]}
    assert set(column(rows["c_deposit"], 2)) == {"01", "02", "03"}
    assert all(tariff[row[1]] != HOUSEHOLDS and row[3] > 0 for row in held.values())
    assert "02" in set(column(rows["c_deposit_end"], 1)) <= {"01", "02"}
    called = {held[row[0]][1] for row in rows["c_deposit_end"] if row[1] == "02" and held[row[0]][2] == "01"}
    paid = {row[1] for row in rows["a_pay_flow"] if row[4] == "0501"}
    assert paid
    assert paid <= called


def test_customers_can_be_reached_and_some_cannot(rows: Rows) -> None:
    assert set(column(rows["c_contact"], 2)) == {"01", "02", "03", "04"}
    assert set(column(rows["c_contact"], 4)) == {"1", "0", None}
    assert set(column(rows["c_contact_chg"], 2)) == {"1", "0"}
    for row in rows["c_contact"]:
        if row[2] == "01":
            assert row[3].startswith("100"), "no mobile number begins so"
        assert row[2] != "02" or row[3].endswith("@example.com")
    refused = [row for row in rows["c_contact_chg"] if row[2] == "1"]
    assert {row[1] for row in refused} == {"0"}


def test_protection_says_nothing_of_risk(rows: Rows, hidden: Block) -> None:
    """Protected households are neither less willing nor less able than the others; low income follows the district."""
    assert {"11", "12", "13", "14", "21", "23"} <= set(column(rows["c_protect"], 2)) <= set(TYPE_CODES)
    place = {row[1]: number for number, row in enumerate(rows["c_cons"])}
    at_home = np.array([row[5] == HOUSEHOLDS for row in rows["c_cons"]])
    protected = np.zeros(len(place), dtype=bool)
    protected[[place[row[1]] for row in rows["c_protect"] if row[2] in ("11", "12", "13", "19")]] = True
    for path in (hidden.paths.willingness, hidden.paths.liquidity):
        mean = path[: len(place)].mean(axis=1)
        assert abs(standardised_gap(mean, protected & at_home, ~protected & at_home)) < 0.3
    late = np.zeros(len(place))
    for row in rows["s_pay_plan"]:
        late[place[row[1]]] += 1
    assert late[protected].sum() > 0, "the protected are among the late as well"


def standardised_gap(values: Floats, one: Bools, other: Bools) -> float:
    return float((values[one].mean() - values[other].mean()) / values.std())


def test_registers_speak_of_businesses_in_distress_some_before_they_fail(rows: Rows, hidden: Block) -> None:
    records = rows["x_pub_record"]
    assert set(column(records, 2)) == {"01", "02", "03", "04"}
    people = {row[0] for row in rows["c_cust"] if row[3] == "01"}
    assert not people & {row[1] for row in records}
    distressed = hidden.paths.is_distressed[:, 1:]
    months = hidden.paths.months[1:]
    in_distress = [
        bool(distressed[row[1] - 1, int(np.searchsorted(months, month_number(row[3])))])
        for row in records
        if row[3] >= LIVELY_START
    ]
    assert 0.3 < np.mean(in_distress) < 1, "mostly, yet not only"
    failed = {row[0]: row[1] for row in rows["c_cons_close"] if row[2] == FAILED}
    failed_customers = {row[2]: failed[row[0]] for row in rows["c_cons"] if row[0] in failed and row[5] != HOUSEHOLDS}
    ahead = {row[1] for row in records if row[1] in failed_customers and row[-1].date() < failed_customers[row[1]]}
    assert 0 < len(ahead) < len(failed_customers)


def test_many_things_are_entered_late(rows: Rows) -> None:
    for journal, on in (
        ("a_adjust_flow", 4),
        ("c_deposit", 4),
        ("c_protect", 3),
        ("x_pub_record", 3),
        ("s_pay_plan", 3),
    ):
        lags = [(row[-1].date() - row[on]).days for row in rows[journal]]
        assert min(lags) >= 0, journal
        assert max(lags) >= 7, journal


def test_nothing_is_left_out_of_what_the_future_holds(hidden: Block) -> None:
    """Debt that nobody paid belongs to accounts that closed, and is not more than was billed."""
    given_up = hidden.given_up_fen
    assert (given_up >= 0).all()
    assert (given_up <= np.where(hidden.bills.exists, hidden.bills.fen, 0)).all()
    assert (hidden.paths.closed[given_up.any(axis=1)] < NEVER).all()
    assert given_up.any()
