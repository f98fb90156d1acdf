"""Every number of the simulated utility, as of 2026-10. `made up` numbers were tuned by hand until the comparisons of
docs/simulator.md held; the others name where they were read. A change here makes another utility: existing books refuse
to grow with it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .circumstances import (
    Adjusting,
    Arranging,
    Installing,
    Periods,
    Protecting,
    Publishing,
    Reaching,
    Recovering,
    Securing,
    Supplying,
)


class Segment(NamedTuple):
    """One tariff: who is on it, how much they use, how they pay. A share list is in the order of its names."""

    tariff: str
    code: str
    """`elec_type_code` in the utility's own books."""
    share: float
    """Share of customers."""
    voltage_shares: tuple[float, ...]
    monthly_kwh: float
    """Median at the lowest voltage class of the segment."""
    spread: float
    """Standard deviation of the logarithm of the level of use."""
    season: tuple[float, ...]
    """Use by calendar month, January first, against the mean month."""
    channel_shares: tuple[float, ...]
    rhythm_shares: tuple[float, ...]
    """Early, at the due date, on payday, some days after the due date."""
    stress: float
    """Log-odds of not having the money when a bill comes, for the average customer in an average month."""
    distress_entry: float
    """Chance per month of a jump down: a lost job, a lost contract."""
    distress_drop: float
    """Fall of the logarithm of use once distress has lasted."""
    capacity_fen: int
    """Monthly charge per kVA."""


class Voltage(NamedTuple):
    """One voltage class: the code of the Chinese grid standard, what it does to size, price and risk."""

    name: str
    code: str
    size: float
    """Use against the lowest class."""
    price_discount: int
    """Off the energy price, in 1/100 fen per kWh."""
    stress: float
    """Added to the segment's log-odds."""
    laxness: float
    """Of those whose rhythm would be a payday or some days late, the share that is: contracts are stricter higher up."""


class District(NamedTuple):
    """An invented supply area; `ability` shifts what its customers can pay."""

    code: str
    name: str
    share: float
    ability: float


class Trade(NamedTuple):
    """An industry: code, words for names, and the segments it occurs in (positions in `SEGMENTS`)."""

    code: str
    zh: str
    en: str
    segments: tuple[int, ...]
    cyclical: float
    """How strongly the industry's own ups and downs reach its members."""


HOUSEHOLD, FARM, SHOP, INDUSTRY = range(4)

CHANNELS = ("wechat", "alipay", "bank_debit", "counter", "bank_transfer")
WECHAT, ALIPAY, BANK_DEBIT, COUNTER, BANK_TRANSFER = range(5)
CHANNEL_CODES = ("0401", "0402", "0201", "0101", "0301")
DEPOSIT_CODE = "0501"
"""A called deposit, booked as a payment."""

VOLTAGES = (
    Voltage("<1kV", "AC03802", 1.0, 0, 0.0, 1.0),
    Voltage("1-10kV", "AC00101", 14.0, 150, -1.0, 0.30),
    Voltage("20kV", "AC00201", 24.0, 200, -1.1, 0.25),
    Voltage("35kV", "AC00351", 60.0, 300, -1.4, 0.20),
    Voltage("110kV", "AC01101", 200.0, 500, -2.6, 0.05),
    Voltage("220kV+", "AC02201", 450.0, 700, -2.8, 0.05),
)
"""Codes: the exchange codes of the Chinese marketing systems (AC + kV); sizes and stress made up, the order of stress
from the collection by voltage class that the Nigerian regulator publishes."""

ENERGY_PRICE = (5500, 5100, 8200, 6800)
"""1/100 fen per kWh by segment, at low voltage; near Chinese 2023–2025 price lists."""

SEGMENTS = (
    Segment(
        tariff="residential",
        code="200",
        share=0.80,
        voltage_shares=(0.995, 0.005, 0, 0, 0, 0),
        monthly_kwh=190,
        spread=0.55,
        season=(1.12, 1.02, 0.88, 0.80, 0.82, 0.97, 1.32, 1.38, 1.05, 0.80, 0.84, 1.00),
        channel_shares=(0.42, 0.20, 0.17, 0.18, 0.03),
        rhythm_shares=(0.38, 0.30, 0.18, 0.14),
        stress=-4.4,
        distress_entry=0.006,
        distress_drop=0.22,
        capacity_fen=0,
    ),
    Segment(
        tariff="agricultural",
        code="300",
        share=0.06,
        voltage_shares=(0.85, 0.15, 0, 0, 0, 0),
        monthly_kwh=420,
        spread=0.8,
        season=(0.45, 0.50, 0.90, 1.35, 1.55, 1.60, 1.50, 1.40, 1.00, 0.75, 0.55, 0.45),
        channel_shares=(0.30, 0.10, 0.10, 0.45, 0.05),
        rhythm_shares=(0.25, 0.30, 0.25, 0.20),
        stress=-4.5,
        distress_entry=0.007,
        distress_drop=0.30,
        capacity_fen=0,
    ),
    Segment(
        tariff="general_commercial",
        code="400",
        share=0.10,
        voltage_shares=(0.80, 0.19, 0.007, 0.003, 0, 0),
        monthly_kwh=1_300,
        spread=0.9,
        season=(1.02, 0.78, 0.92, 0.90, 0.95, 1.08, 1.28, 1.28, 1.08, 0.92, 0.88, 0.96),
        channel_shares=(0.20, 0.15, 0.28, 0.12, 0.25),
        rhythm_shares=(0.25, 0.38, 0.20, 0.17),
        stress=-4.8,
        distress_entry=0.008,
        distress_drop=0.45,
        capacity_fen=0,
    ),
    Segment(
        tariff="large_industrial",
        code="100",
        share=0.04,
        voltage_shares=(0, 0.62, 0.12, 0.15, 0.07, 0.04),
        monthly_kwh=9_000,
        spread=0.8,
        season=(0.96, 0.70, 1.02, 1.03, 1.02, 1.04, 1.06, 1.06, 1.04, 0.98, 1.03, 1.06),
        channel_shares=(0.0, 0.02, 0.38, 0.05, 0.55),
        rhythm_shares=(0.20, 0.50, 0.20, 0.10),
        stress=-5.2,
        distress_entry=0.006,
        distress_drop=0.50,
        capacity_fen=2_300,
    ),
)
"""Made up, but for the order of use and the two peaks of households (summer, Chinese New Year)."""

DISTRICTS = (
    District("01", "云溪", 0.16, 0.25),
    District("02", "临江", 0.14, 0.20),
    District("03", "东湖新区", 0.12, 0.30),
    District("04", "西岭", 0.10, -0.05),
    District("05", "南桥", 0.10, 0.00),
    District("06", "北苑", 0.09, 0.05),
    District("07", "石湾", 0.08, -0.15),
    District("08", "青岚县", 0.06, -0.20),
    District("09", "白杨县", 0.05, -0.25),
    District("10", "清水县", 0.04, -0.30),
    District("11", "高新开发区", 0.04, 0.15),
    District("12", "柳林矿区", 0.02, -0.60),
)

TRADES = (
    Trade("A01", "种植", "Farm", (FARM,), 0.5),
    Trade("A03", "养殖", "Livestock", (FARM,), 0.8),
    Trade("F52", "商贸", "Trading", (SHOP,), 0.6),
    Trade("H62", "餐饮", "Catering", (SHOP,), 1.0),
    Trade("H61", "酒店", "Hotel", (SHOP,), 1.0),
    Trade("P83", "教育", "Education", (SHOP,), 0.3),
    Trade("K70", "置业", "Property", (SHOP,), 1.3),
    Trade("C17", "纺织", "Textile", (INDUSTRY,), 1.1),
    Trade("C30", "建材", "Building Materials", (INDUSTRY,), 1.4),
    Trade("C31", "钢铁", "Steel", (INDUSTRY,), 1.2),
    Trade("C26", "化工", "Chemical", (INDUSTRY,), 0.8),
    Trade("C39", "电子", "Electronics", (INDUSTRY,), 0.9),
)
"""Codes of the shape of the Chinese industry classification (GB/T 4754); households have none."""


@dataclass(frozen=True)
class Population:
    """Who the customers are; made up."""

    linked_share: float = 0.12
    """Accounts that belong to the customer of the account before them."""
    linked_within: int = 64
    """A customer's accounts never cross a multiple of this."""
    open_at_start: float = 0.88
    years_before: int = 15
    days_of_growth: int = 1461
    """The other accounts open evenly over this many days from the start of the books."""
    closing_per_month: float = 0.0020
    failing_per_month: float = 0.020
    """Added for a business in distress; a customer who fails pays no more."""
    skipping_share: float = 0.15
    """Movers that leave the last bills unpaid."""
    unknown_voltage_share: float = 0.002
    unknown_language_share: float = 0.03
    english_share: float = 0.04
    split_payer_share: float = 0.04
    rounding_share: float = 0.15
    """Those who pay by phone in round sums and carry the rest as credit."""


@dataclass(frozen=True)
class Behaviour:
    """How ability and willingness move; made up. `persistence` is the AR(1) coefficient by month."""

    burn_in_months: int = 12
    willingness_fixed: float = 1.0
    willingness_drift: float = 0.30
    willingness_persistence: float = 0.94
    ability_spread: float = 0.75
    ability_persistence: float = 0.88
    distress_depth: float = 5.5
    distress_exit: float = 0.10
    buffer_persistence: float = 0.50
    """Savings: how slowly trouble reaches the payments; use falls at once."""
    industry_persistence: float = 0.90
    industry_spread: float = 0.35
    industry_crisis: float = 0.02
    industry_crisis_depth: float = 1.5
    use_persistence: float = 0.75
    use_spread: float = 0.13
    weather_spread: float = 0.10
    use_falls_per_month: float = 0.35
    """Share of the remaining way to the full drop that a month of distress takes."""
    vacancy_entry: float = 0.004
    vacancy_exit: float = 0.15
    vacancy_use: float = 0.04


@dataclass(frozen=True)
class Billing:
    """Bills, corrections and disputes; made up but for the term (15–20 days are usual in China)."""

    term_days: tuple[int, int] = (15, 20)
    reading_noise: float = 0.03
    corrected_share: float = 0.004
    correction_days: tuple[int, int] = (3, 12)
    late_correction_share: float = 0.1
    late_correction_days: tuple[int, int] = (25, 45)
    dispute_share: float = 0.0015
    dispute_by_burden: float = 0.012
    """Added per unit of log bill over the usual bill."""
    dispute_days: tuple[int, int] = (3, 40)


@dataclass(frozen=True)
class Paying:
    """From liquidity to dates and amounts; made up."""

    liquidity_weight: float = 1.25
    willingness_weight: float = 2.5
    burden_weight: float = 1.6
    forgetful_share: float = 0.012
    forgetful_by_willingness: float = 0.010
    forgotten_days: tuple[int, int] = (5, 28)
    stress_days: float = 21.0
    stress_days_by_depth: float = 9.0
    stress_days_least: int = 6
    hopeless_share: float = 0.055
    """Stressed bills that wait for half a year on top."""
    hopeless_days: tuple[int, int] = (60, 180)
    part_share: float = 0.40
    bounce_share: float = 0.45
    """Direct debits of a stressed bill that are drawn and come back."""
    misposted_share: float = 0.0015
    """Payments at a counter or by transfer that are posted twice, then undone."""
    weeks_late_share: float = 0.004
    weeks_late_days: tuple[int, int] = (7, 24)
    posting_days: tuple[int, ...] = (0, 0, 1, 1, 5)
    """Longest ordinary way from paying to the books, by channel."""


@dataclass(frozen=True)
class Integrity:
    """Theft and breach per account and month; made up."""

    theft_share: float = 0.00025
    overturned_share: float = 0.12
    overturned_days: tuple[int, int] = (15, 90)
    kind_shares: tuple[float, ...] = (0.45, 0.20, 0.25, 0.10)
    kind_codes: tuple[str, ...] = ("01", "02", "03", "04")
    """theft, tampering, unauthorised use, breach."""


@dataclass(frozen=True)
class Metering:
    """Daily reads; shares of missing reads are those of a well-run collection system; made up."""

    missing_share: float = 0.006
    outage_share: float = 0.010
    """Accounts without any read for a whole week."""
    estimated_share: float = 0.01
    repaired_share: float = 0.7
    repair_days: tuple[int, int] = (1, 4)
    daily_spread: float = 0.22
    weekend: tuple[float, ...] = (1.08, 1.0, 0.92, 0.78)
    """Use on Saturdays and Sundays by segment."""


@dataclass(frozen=True)
class Parameters:
    """All of them; the digest of its text is written into the books."""

    population: Population = Population()
    behaviour: Behaviour = Behaviour()
    billing: Billing = Billing()
    paying: Paying = Paying()
    integrity: Integrity = Integrity()
    metering: Metering = Metering()
    supplying: Supplying = field(default_factory=Supplying)
    installing: Installing = field(default_factory=Installing)
    periods: Periods = field(default_factory=Periods)
    adjusting: Adjusting = field(default_factory=Adjusting)
    arranging: Arranging = field(default_factory=Arranging)
    recovering: Recovering = field(default_factory=Recovering)
    securing: Securing = field(default_factory=Securing)
    protecting: Protecting = field(default_factory=Protecting)
    reaching: Reaching = field(default_factory=Reaching)
    publishing: Publishing = field(default_factory=Publishing)


PARAMETERS = Parameters()
