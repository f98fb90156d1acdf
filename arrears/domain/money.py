"""Money is `Decimal` with two places; accrual has six and is rounded once, half up."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def to_cents(amount: Decimal) -> Decimal:
    """`amount` rounded half up to two places; a float is refused by type."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
