"""The numbers of everything around bills and payments: premises, meters, adjustments, arrangements, and what is known of
a customer besides. Made up; where a figure hangs on willingness, liquidity or distress, it lets a little of them show,
and nothing here moves them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Supplying:
    """Premises, occupancy, guarantors and modes of payment; lists are by segment."""

    shared_by_customer: float = 0.5
    """Accounts at the premises of the account before them, when both are of one customer."""
    shared_by_neighbours: float = 0.25
    """When they are of two customers of one district."""
    tenant_shares: tuple[float, ...] = (0.22, 0.10, 0.50, 0.25)
    tenant_by_willingness: float = 0.35
    unknown_occupancy_share: float = 0.06
    guarantor_share: float = 0.10
    """Business accounts for which another customer answers."""
    prepay_shares: tuple[float, ...] = (0.015, 0.01, 0.02, 0.0)
    prepay_by_willingness: float = 0.6
    """Prepay was forced on some who did not pay."""
    prepay_ahead_days: tuple[int, int] = (0, 9)
    """How long before the end of the period a prepaying account tops up."""


@dataclass(frozen=True)
class Installing:
    """Meters by segment: those read by their register, digits before the point, and how many are replaced a month."""

    by_register_shares: tuple[float, ...] = (0.12, 0.20, 0.08, 0.0)
    few_digits_share: float = 0.4
    """Of the meters read by their register, those with four digits; the others have five."""
    replaced_per_month: float = 0.0008
    replaced_by_register_per_month: float = 0.0040
    again_by_register_share: float = 0.4
    load_share: float = 0.5
    """Accounts at 110 kV and above whose load curve is collected."""
    lost_interval_share: float = 0.002


@dataclass(frozen=True)
class Periods:
    """Peak and valley shares of the energy of those with time-of-use prices (shops and industry)."""

    peak_share: float = 0.36
    valley_share: float = 0.28
    spread: float = 0.06
    monthly_spread: float = 0.015
    night_shift_lost: float = 0.30
    """Share of the valley's energy that distress takes: the night shift goes first."""


@dataclass(frozen=True)
class Adjusting:
    """What is neither bill nor payment."""

    owing_at_start: float = 0.045
    owing_by_willingness: float = 0.5
    owing_by_liquidity: float = 0.35
    opening_months: tuple[float, float] = (0.4, 2.0)
    """An opening debt in usual monthly bills."""
    opening_age_days: tuple[int, int] = (5, 120)
    opening_paid_days: float = 30.0
    opening_never_paid: float = 0.05
    in_credit_at_start: float = 0.04
    straggler_share: float = 0.03
    """Opening balances that come over with a later batch."""
    straggler_days: tuple[int, int] = (15, 60)
    goodwill_per_month: float = 0.002
    goodwill_yuan: tuple[int, int] = (5, 60)
    upheld_dispute_share: float = 0.3
    upheld_shares: tuple[float, float] = (0.08, 0.4)
    """Share of the bill that is credited."""
    mistaken_share: float = 0.10
    """Credits and write-offs that are withdrawn."""
    written_off_share: float = 0.7
    """Closed accounts whose debt is written off in the end."""
    written_off_days: tuple[int, int] = (240, 540)


@dataclass(frozen=True)
class Arranging:
    """Deferrals before the due date, promises and instalments after it."""

    deferral_share: float = 0.05
    """Of the bills without money behind them, at willingness 0; `by_willingness` makes it grow."""
    agreed_share: float = 0.13
    by_willingness: float = 0.5
    instalment_share: float = 0.4
    instalment_least_days: int = 50
    instalment_least_fen: int = 15_000
    faith: float = 1.0
    """Log-odds that the date given is the one meant, at willingness 0."""
    faith_by_willingness: float = 1.2
    cancelled_share: float = 0.02


@dataclass(frozen=True)
class Recovering:
    """What follows a confirmed theft."""

    days: tuple[int, int] = (3, 13)
    """From the confirmation to the recovery bill; always before anything is overturned."""
    back_days: int = 180
    stolen_share: tuple[float, float] = (0.15, 0.9)
    """Of the ordinary use of that time."""
    times: int = 4
    """The energy once, and a penalty of three times as much."""
    term_days: int = 15
    paid_days: tuple[int, int] = (-10, 25)
    delay_days: float = 30.0
    """Mean delay at willingness 0."""


@dataclass(frozen=True)
class Securing:
    """Deposits, guarantees, insurance of business accounts; shares by segment."""

    deposit_shares: tuple[float, ...] = (0.0, 0.02, 0.14, 0.22)
    deposit_by_willingness: float = 0.3
    deposit_months: tuple[float, float] = (0.5, 2.0)
    insured_share: float = 0.05
    """Of industry."""
    called_days: tuple[int, int] = (35, 70)
    released_days: tuple[int, int] = (10, 40)


@dataclass(frozen=True)
class Protecting:
    """Reasons why an account is protected. They hang on nothing that makes a payer, but for low income on the district's."""

    medical_share: float = 0.008
    elderly_share: float = 0.05
    young_children_share: float = 0.02
    other_share: float = 0.004
    low_income_share: float = 0.035
    low_income_by_ability: float = 1.0
    important_share: float = 0.12
    """Of industry at 35 kV and above, and of schools."""
    high_risk_share: float = 0.25
    """Of chemical plants."""
    continuous_share: float = 0.30
    """Of steel, building materials and chemical plants at 10 kV and above."""
    lasting_days: tuple[int, int] = (180, 1400)


@dataclass(frozen=True)
class Reaching:
    """Addresses of a customer."""

    sms_share: float = 0.93
    email_share: float = 0.35
    letter_share: float = 0.30
    chat_share: float = 0.15
    consent_shares: tuple[float, ...] = (0.77, 0.04, 0.19)
    """Given, refused, never asked."""
    wrong_per_month: float = 0.0012
    wrong_by_willingness: float = 0.8
    opt_out_per_month: float = 0.0007


@dataclass(frozen=True)
class Publishing:
    """Public records about organisations, per month."""

    shares: tuple[float, ...] = (0.38, 0.32, 0.30, 0.0)
    """Business register, tax office, courts, insolvency."""
    in_distress_shares: tuple[float, ...] = (0.25, 0.25, 0.34, 0.16)
    per_month: float = 0.0012
    in_distress_per_month: float = 0.045
    ended_share: float = 0.5
    ended_days: tuple[int, int] = (30, 400)
