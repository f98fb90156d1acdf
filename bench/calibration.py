"""The demo utility's arrears and collection beside figures that others published.

python -m bench.calibration [--accounts 20000] [--seed 1] [--books billing.db]
"""

import sys

import numpy as np
from numpy.typing import NDArray

from bench.simulated_books import NEVER, Books, demo_books, unpaid_fen

LEAST_FEN = 1_000
RESIDENTIAL = "200"
SETTLING_DAYS = 60
LEVELS = {
    "low": ("AC03802",),
    "medium": ("AC00101", "AC00201", "AC00351"),
    "high": ("AC01101", "AC02201"),
}
"""Nigerian `Non-MD` customers are on low voltage; `MD1` and `MD2` on 0.4–33 kV with a demand meter; `MD3` and
`Bilateral` above."""

OPUC_ARREARS_SHARE = (0.07, 0.21)
OPUC_AGEING = {"31-60": 0.496, "61-90": 0.194, "91+": 0.310}
"""Oregon Public Utility Commission, energy burden metrics report (residential customers), 2024-01 … 2025-09, six
utilities: accounts in arrears, lowest and highest utility; share of the balance in arrears by age, all utilities together."""

NERC_SHORTFALL = {"low": 0.441, "medium": 0.122, "high": 0.029}
"""Nigerian Electricity Regulatory Commission, billed and collected by distribution company, 2020-11 … 2021-12: share of
the billed money that was not collected, pooled over the companies."""


def arrears_share(books: Books, day: int) -> float:
    """Share of the open residential accounts that owe at least ¥10 at more than 30 days past due when `day` begins."""
    bills = books.bills.known(day)
    owed = np.where(day - bills.due > 30, unpaid_fen(bills, books.payments.known(day), np.full(len(bills.due), day)), 0)
    by_account = np.bincount(bills.account, weights=owed, minlength=len(books.accounts.opened))
    return float((by_account[_residential(books, day)] >= LEAST_FEN).mean())


def ageing(books: Books, day: int) -> dict[str, float]:
    """Of what open residential accounts owe at more than 30 days past due, the share by age."""
    bills = books.bills.known(day)
    owed = unpaid_fen(bills, books.payments.known(day), np.full(len(bills.due), day))
    counts = _residential(books, day)[bills.account]
    age = day - bills.due
    parts = {"31-60": (age > 30) & (age <= 60), "61-90": (age > 60) & (age <= 90), "91+": age > 90}
    balances = {name: float(owed[within & counts].sum()) for name, within in parts.items()}
    return {name: balance / sum(balances.values()) for name, balance in balances.items()}


def _residential(books: Books, day: int) -> NDArray[np.bool_]:
    is_open = (books.accounts.opened < day) & (books.accounts.closed >= day)
    residential: NDArray[np.bool_] = is_open & (np.array(books.accounts.tariff) == RESIDENTIAL)
    return residential


def shortfall(books: Books) -> dict[str, float]:
    """By level of voltage, share of the money billed that had not come in when its due date ended. Bills that fell due
    in the last months of the books are left out."""
    bills = books.bills.where((books.bills.cancelled == NEVER) & (books.bills.due < books.last_day - SETTLING_DAYS))
    unpaid = unpaid_fen(bills, books.payments, bills.due + 1)
    codes = np.array(books.accounts.voltage)[bills.account]
    shares = {}
    for level, members in LEVELS.items():
        at = np.isin(codes, members)
        shares[level] = float(unpaid[at].sum() / bills.fen[at].sum())
    return shares


def report_days(books: Books) -> list[int]:
    """The last day of the books, and every quarter of a year before it for two years."""
    return [books.last_day - 91 * back for back in range(8)]


def mean_ageing(books: Books) -> dict[str, float]:
    """Mean over the report days."""
    parts = [ageing(books, day) for day in report_days(books)]
    return {name: float(np.mean([part[name] for part in parts])) for name in OPUC_AGEING}


def comparison(books: Books) -> list[str]:
    """One line per figure, the published one beside it."""
    days = report_days(books)
    shares, parts, missing = [arrears_share(books, day) for day in days], mean_ageing(books), shortfall(books)
    lines = [
        f"accounts in arrears {np.mean(shares):.3f} ({min(shares):.3f}-{max(shares):.3f}), Oregon {OPUC_ARREARS_SHARE}"
    ]
    lines += [f"ageing {name} {parts[name]:.3f}, Oregon {published}" for name, published in OPUC_AGEING.items()]
    for level, published in NERC_SHORTFALL.items():
        lines.append(f"not collected by the due date, {level} {missing[level]:.3f}, Nigeria {published}")
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(comparison(demo_books(__doc__))) + "\n")
