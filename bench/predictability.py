"""How well can arrears be foretold on the demo utility, and by how much does a model beat the best single rule?

Trains LightGBM on earlier as-of dates, tests on later ones, and compares with every feature taken alone:

    python -m bench.predictability [--accounts 20000] [--seed 1] [--books billing.db]
"""

import datetime as dt
import sys
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from bench.simulated_books import NEVER, Bills, Books, Ints, Payments, demo_books, unpaid_fen

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HORIZON, LEAST_FEN, LATE_DAYS = 60, 1_000, 15
TRAIN = [dt.date(2024, 3, 1), dt.date(2024, 5, 1), dt.date(2024, 7, 1), dt.date(2024, 9, 1), dt.date(2024, 11, 1)]
TRAIN += [dt.date(2025, month, 1) for month in range(1, 11)]
TEST = [dt.date(2026, month, 1) for month in (1, 3, 5, 7, 9)]
"""The last training outcome is known on 2025-11-30, before the first test."""


SURROUNDINGS = ("arrangements_24", "broken_24", "records_24", "wrong_addresses_24", "occupancy", "mode")
"""Features that are neither bills, payments, use nor what an account is."""


@dataclass(frozen=True)
class Sample:
    """One as-of date: features of the accounts that may be warned, and what became of them."""

    features: dict[str, Floats]
    outcome: Bools
    voltage: list[str]


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - dt.date(1970, 1, 1)).days


def outcome(books: Books, day: int) -> Bools:
    """Per account: comes to owe the least amount, 15 days past due, on bills not yet overdue at `day`."""
    bills = books.bills.where(books.bills.cancelled == NEVER)
    ahead = (bills.due >= day) & (bills.due + LATE_DAYS <= day + HORIZON)
    disputed = (bills.disputed <= bills.due + LATE_DAYS) & (bills.dispute_closed > bills.due + LATE_DAYS)
    open_then = unpaid_fen(bills, books.payments, bills.due + LATE_DAYS)
    owed = np.bincount(
        bills.account, weights=np.where(ahead & ~disputed, open_then, 0), minlength=len(books.accounts.opened)
    )
    return owed >= LEAST_FEN


def per_account(bills: Bills, values: NDArray[Any], kept: Bools, count: int) -> Floats:
    """Sum of `values` over the kept bills of each account."""
    weights = values[kept].astype(np.float64)
    return np.bincount(bills.account[kept], weights=weights, minlength=count).astype(np.float64)


def sample(books: Books, as_of: dt.date) -> Sample:
    """Features from what was entered before `as_of`, for accounts that are open, billed, and not in collection yet."""
    day = day_number(as_of)
    bills, payments = books.bills.known(day), books.payments.known(day)
    features = features_of(books, bills, payments, day)
    accounts = books.accounts
    eligible = (accounts.opened < day) & (accounts.closed >= day) & (features["bills_12"] > 0)
    eligible &= features["owed_15_days"] < LEAST_FEN
    return Sample(
        {name: column[eligible] for name, column in features.items()},
        outcome(books, day)[eligible],
        [code for code, kept in zip(accounts.voltage, eligible.tolist(), strict=True) if kept],
    )


def features_of(books: Books, bills: Bills, payments: Payments, day: int) -> dict[str, Floats]:
    """Simple figures per account; 0 or NaN where there is nothing to go by."""
    count = len(books.accounts.opened)
    accounts = books.accounts
    due_days = day - bills.due
    is_due = due_days > 0
    open_now = unpaid_fen(bills, payments, np.full(len(bills.due), day))
    recency = _recency(bills)
    late = {
        after: (is_due & (unpaid_fen(bills, payments, np.minimum(bills.due + after, day)) >= LEAST_FEN))
        for after in (1, 5, 10, 15, 30)
    }
    features: dict[str, Floats] = {
        "owed_15_days": per_account(bills, open_now, due_days >= LATE_DAYS, count),
        "overdue": per_account(bills, open_now, is_due, count),
        "open": per_account(bills, open_now, due_days > -1000, count),
    }
    oldest = np.zeros(count)
    np.maximum.at(oldest, bills.account, np.where(is_due & (open_now >= LEAST_FEN), due_days, 0))
    features["days_past_due"] = oldest
    for months in (3, 6, 12, 24):
        within = is_due & (due_days <= months * 31)
        bills_within = per_account(bills, within, within, count)
        features[f"bills_{months}"] = bills_within
        for after in (1, 5, 10, 15, 30):
            share = per_account(bills, late[after], within, count) / np.maximum(bills_within, 1)
            features[f"late_{after}_share_{months}"] = share
    severity = sum((late[after].astype(np.float64) for after in (1, 5, 10, 15, 30)), np.zeros(len(bills.due)))
    for back in range(6):
        at = (recency == back) & is_due
        features[f"severity_{back}"] = per_account(bills, severity, at, count)
    last_year = is_due & (due_days > 300) & (due_days <= 390)
    features["severity_same_season"] = per_account(bills, severity, last_year, count)
    features.update(_use_features(bills, recency, count))
    reversals = (payments.fen < 0) & (payments.day > day - 366) & (payments.channel > 0)
    features["reversals_12"] = np.bincount(payments.account[reversals], minlength=count).astype(np.float64)
    channel = np.zeros(count)
    channel[payments.account[payments.channel > 0]] = payments.channel[payments.channel > 0]
    features["channel"] = channel
    for name, (account, entered) in books.events.items():
        within = (entered < day) & (entered > day - 731)
        features[f"{name}_24"] = np.bincount(account[within], minlength=count).astype(np.float64)
    features["disputes_12"] = per_account(bills, np.ones(len(bills.due)), bills.disputed < day, count)
    features["age_days"] = (day - accounts.opened).astype(np.float64)
    features["capacity"] = accounts.capacity_kva.astype(np.float64)
    for name in ("tariff", "voltage", "district", "occupancy", "mode"):
        codes = getattr(accounts, name)
        features[name] = np.unique(codes, return_inverse=True)[1].astype(np.float64)
    features.update(_customer_features(accounts.customer, features))
    return features


def _recency(bills: Bills) -> Ints:
    """0 for the account's latest bill, 1 for the one before."""
    ends = np.flatnonzero(np.diff(bills.account, append=-1))
    return np.repeat(ends, np.diff(ends, prepend=-1)) - np.arange(len(bills.account))


def _use_features(bills: Bills, recency: Ints, count: int) -> dict[str, Floats]:
    """The last bills against the year before and against the same month a year ago."""
    per_day = bills.kwh / np.maximum(bills.days, 1) + 0.1

    def level(first: int, last: int) -> Floats:
        at = (recency >= first) & (recency <= last)
        total, number = per_account(bills, per_day, at, count), per_account(bills, at, at, count)
        mean: Floats = np.divide(total, number, out=np.full(count, np.nan), where=number > 0)
        return mean

    return {
        "use_last_to_year": level(0, 0) / level(1, 12),
        "use_quarter_to_year": level(0, 2) / level(3, 14),
        "use_last_to_year_ago": level(0, 0) / level(12, 12),
        "use_quarter_to_year_ago": level(0, 2) / level(12, 14),
        "use_half_to_year_ago": level(0, 5) / level(12, 17),
        "use_level": level(0, 11),
        "bill_last": per_account(bills, bills.fen, recency == 0, count),
    }


def _customer_features(customer: Ints, features: dict[str, Floats]) -> dict[str, Floats]:
    """The same customer's other accounts."""
    others: dict[str, Floats] = {}
    number = np.bincount(customer)[customer] - 1
    for name in ("severity_0", "overdue", "late_1_share_12"):
        total = np.bincount(customer, weights=features[name])[customer] - features[name]
        others[f"others_{name}"] = total / np.maximum(number, 1)
    return others


def auc(score: Floats, is_bad: Bools) -> float:
    """Chance that a bad account scores above a good one, half a point for ties."""
    score = np.nan_to_num(score, nan=-1e30)
    _, place, sizes = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    bad, good = is_bad.sum(), (~is_bad).sum()
    return float((ranks[is_bad].sum() - bad * (bad + 1) / 2) / (bad * good))


def overlap(one: Floats, other: Floats) -> float:
    """Common area of two score distributions, on 20 equal bins of the log-odds."""
    edges = np.quantile(np.concatenate([one, other]), np.linspace(0, 1, 21))
    shares = [np.histogram(part, bins=np.unique(edges))[0] / len(part) for part in (one, other)]
    return float(np.minimum(*shares).sum())


def matrix(samples: list[Sample]) -> tuple[Floats, Bools, list[str]]:
    """The samples one below the other."""
    names = list(samples[0].features)
    rows = np.concatenate([np.column_stack([part.features[name] for name in names]) for part in samples])
    return rows, np.concatenate([part.outcome for part in samples]), [code for part in samples for code in part.voltage]


def fitted(names: list[str], rows: Floats, outcomes: Bools) -> lightgbm.Booster:
    """A gradient boosted tree, the same for the same rows."""
    settings = {
        "objective": "binary", "learning_rate": 0.04, "num_leaves": 31, "min_data_in_leaf": 200, "seed": 1,
        "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1, "verbosity": -1, "deterministic": True,
        "lambda_l2": 5.0, "num_threads": 2,
    }  # fmt: skip
    return lightgbm.train(settings, lightgbm.Dataset(rows, outcomes, feature_name=names), num_boost_round=250)


def measure(books: Books) -> dict[str, float]:
    """Fits, tests, tells and returns the figures."""
    train, test = [sample(books, day) for day in TRAIN], [sample(books, day) for day in TEST]
    names = list(train[0].features)
    rows, outcomes, _ = matrix(train)
    test_rows, test_outcomes, voltages = matrix(test)
    tree = fitted(names, rows, outcomes)
    scores = np.asarray(tree.predict(test_rows, raw_score=True), dtype=np.float64)
    inner = [place for place, name in enumerate(names) if name not in SURROUNDINGS]
    without = fitted([names[place] for place in inner], rows[:, inner], outcomes)
    alone = {name: auc(test_rows[:, place], test_outcomes) for place, name in enumerate(names)}
    alone = {name: max(area, 1 - area) for name, area in alone.items()}
    best = sorted(alone, key=lambda name: -alone[name])
    figures = {
        "train_rows": float(len(outcomes)),
        "test_rows": float(len(test_outcomes)),
        "prevalence": float(test_outcomes.mean()),
        "tree_auc": auc(scores, test_outcomes),
        "train_auc": auc(np.asarray(tree.predict(rows), dtype=np.float64), outcomes),
        "auc_without_surroundings": auc(
            np.asarray(without.predict(test_rows[:, inner]), dtype=np.float64), test_outcomes
        ),
        "best_rule_auc": alone[best[0]],
    }
    figures["gap"] = figures["tree_auc"] - figures["best_rule_auc"]
    gain = tree.feature_importance("gain")
    lines = [f"{name} {value:.4f}" for name, value in figures.items()]
    lines.append("best single rules: " + ", ".join(f"{name} {alone[name]:.3f}" for name in best[:8]))
    lines.append("surroundings alone: " + ", ".join(f"{name} {alone[name]:.3f}" for name in SURROUNDINGS))
    lines.append("tree gains: " + ", ".join(names[place] for place in np.argsort(-gain)[:14]))
    lines += by_voltage(scores, test_outcomes, voltages)
    sys.stdout.write("\n".join(lines) + "\n")
    return figures


def by_voltage(scores: Floats, outcomes: Bools, voltages: list[str]) -> list[str]:
    """How far the voltage classes' scores lie over each other, and how well each is sorted within itself."""
    classes = ("<1kV", "1-10kV", "above 10 kV")
    groups = np.array([{"AC03802": "<1kV", "AC00101": "1-10kV"}.get(code, "above 10 kV") for code in voltages])
    lines = []
    for one, other in combinations(classes, 2):
        lines.append(f"overlap {one} / {other}: {overlap(scores[groups == one], scores[groups == other]):.3f}")
    for name in classes:
        at = groups == name
        lines.append(f"{name}: {at.sum()} rows, bad {outcomes[at].mean():.4f}, AUC {auc(scores[at], outcomes[at]):.3f}")
    return lines


if __name__ == "__main__":
    measure(demo_books(__doc__))
