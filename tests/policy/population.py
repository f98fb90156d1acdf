"""Accounts drawn at the edges of the default policy's rules, and what is decided of all of them in one statement."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import duckdb
import pyarrow as pa

from arrears.engine import duckdb as engine
from arrears.policy.decide import prepare, signals_sql, values_bound
from arrears.policy.rules import Policy
from arrears.settings import ROOT
from arrears.snapshot.catalogue import load_catalogue

Row = dict[str, Any]
PROTECTIONS = tuple(feature.name for feature in load_catalogue(ROOT / "sql").features.values() if feature.protects)

_WHOLE = ("days", "months", "bills", "incidents", "promises", "instalments", "rows", "records", "accounts", "payments")
_WINDOWS = ("_3m", "_6m", "_12m", "_24m", "_60m")
_TEXTS = ("account_id", "customer_id", "slot")
_KINDS: dict[str, pa.DataType] = {
    "category": pa.string(),
    "money": pa.decimal128(18, 2),
    "kVA": pa.decimal128(12, 2),
    "date": pa.date32(),
    "yes/no": pa.bool_(),
    **dict.fromkeys(_WHOLE, pa.int32()),
}
FEATURES: dict[str, pa.DataType] = {
    **dict.fromkeys(_TEXTS, pa.string()),
    **{name: _KINDS.get(feature.unit, pa.float64()) for name, feature in load_catalogue(ROOT / "sql").features.items()},
    **{f"mean_{what}_days_{months}m": pa.float64() for what in ("late", "bill_late") for months in (3, 6, 12, 24)},
}
SCORES: dict[str, pa.DataType] = {
    "account_id": pa.string(),
    "points": pa.decimal128(9, 2),
    "grade": pa.string(),
    "probability": pa.decimal128(9, 6),
    **{f"reason_{number}": pa.string() for number in (1, 2, 3, 4)},
}
CALM: Row = {
    "district": "North",
    "slot": "7f",
    "voltage_class": "<1kV",
    "tariff": "residential",
    "segment": "residential",
    "account_age_days": 1000,
    **{name: Decimal("0.00") for name, kind in FEATURES.items() if pa.types.is_decimal(kind)},
    **{name: 0 for name, kind in FEATURES.items() if name.endswith(_WINDOWS) and kind == pa.int32()},
    **dict.fromkeys(PROTECTIONS, False),
    "is_in_arrangement": False,
    "is_on_hold": False,
    "quarantined_money_rows": 0,
    "mean_bill_amount_12m": Decimal("300.00"),
    "billed_amount_12m": Decimal("3600.00"),
    "mean_late_days_12m": 0.0,
    "on_time_bill_share_12m": 1.0,
    "on_time_amount_share_12m": 1.0,
    "points": Decimal("95.00"),
    "grade": "A",
    "probability": Decimal("0.040000"),
}
"""An account that pays well, uses power as ever and owes nothing."""


def decide(con: duckdb.DuckDBPyConnection, policy: Policy, rows: list[Row]) -> list[Row]:
    """The signals of the rows, in the order of their account ids; those without one get a number, by their place."""
    whole = [
        {**CALM, "account_id": f"{place:06}", "customer_id": f"{place:06}", **row} for place, row in enumerate(rows)
    ]
    for name, kinds in (("features", FEATURES), ("scores", SCORES)):
        con.register(name, pa.Table.from_pylist(whole, schema=pa.schema(list(kinds.items()))))
    prepare(con, policy)
    engine.execute(con, signals_sql(policy), values_bound(policy), prefix="CREATE OR REPLACE TEMP TABLE signals AS\n")
    found: list[Row] = con.sql("SELECT * FROM signals").to_arrow_table().to_pylist()
    return found


GRADES = {"A": "0.04", "B": "0.06", "C": "0.15", "D": "0.30", "E": "0.50"}
POINTS = {"A": "95.00", "B": "85.00", "C": "70.00", "D": "55.00", "E": "30.00"}
DISTRICTS = ("Full", *(f"Hill {number}" for number in range(80)))
"""Many, so that few of them are over their ceiling."""

CLASSES = ("<1kV", "<1kV", "<1kV", "<1kV", "1-10kV", "1-10kV", "20kV", "35kV", "110kV", "220kV+")


@dataclass(frozen=True)
class Payer:
    """How an account pays and what it owes; everything else is its circumstances."""

    grade: str
    bills_15_late: int
    share_30_late: float
    on_time: float
    on_time_money: float
    mean_late: float
    months_clean: int | None
    silent_days: int
    broken: int
    kept: float | None
    overdue_bills: float
    oldest_days: int

    @property
    def row(self) -> Row:
        """The features that say so; the overdue amounts need the mean bill."""
        return {
            "grade": self.grade,
            "points": Decimal(POINTS[self.grade]),
            "probability": Decimal(GRADES[self.grade]),
            "bills_15_days_late_12m": self.bills_15_late,
            "bills_30_days_late_12m": int(self.bills_15_late * self.share_30_late),
            "on_time_bill_share_12m": self.on_time,
            "on_time_amount_share_12m": self.on_time_money,
            "mean_late_days_12m": self.mean_late,
            "months_since_late_bill": self.months_clean,
            "days_since_payment": self.silent_days,
            "broken_promises_12m": self.broken,
            "kept_arrangement_share_24m": self.kept,
        }


def payer(random: Random) -> Payer:
    """At the edges of the rules."""
    pick = random.choice
    return Payer(
        grade=pick("ABCDE"),
        bills_15_late=pick((0, 0, 1, 2, 3, 4, 6, 6)),
        share_30_late=pick((0.0, 1.0)),
        on_time=pick((0.0, 0.19, 0.2, 1.0)),
        on_time_money=pick((0.0, 0.24, 0.25, 0.8, 1.0)),
        mean_late=pick((0.0, 9.9, 10.0, 40.0)),
        months_clean=pick((None, 0, 5, 6, 11, 12, 23, 24)),
        silent_days=pick((5, 90, 91)),
        broken=pick((0, 0, 1, 2, 2)),
        kept=pick((None, 0.5, 0.6, 1.0)),
        overdue_bills=pick((0.0, 0.0, 0.2, 0.9, 1.0, 1.5, 2.9, 3.0, 5.0, 7.0, 14.0)),
        oldest_days=pick((4, 5, 14, 15, 30, 31, 60, 61, 91, 200)),
    )


def better(random: Random, than: Payer) -> Payer:
    """One who pays as well or better in everything."""

    def one(good: Any, own: Any) -> Any:
        return own if random.random() < 0.6 else good

    def least(own: Any) -> Any:
        return one(random.choice((0, own)) if isinstance(own, int) else own * random.choice((0, 0.5, 0.9)), own)

    other = payer(random)
    months = (than.months_clean, other.months_clean)
    return Payer(
        grade=one(min(than.grade, other.grade), than.grade),
        bills_15_late=one(min(than.bills_15_late, other.bills_15_late), than.bills_15_late),
        share_30_late=one(min(than.share_30_late, other.share_30_late), than.share_30_late),
        on_time=one(max(than.on_time, other.on_time), than.on_time),
        on_time_money=one(max(than.on_time_money, other.on_time_money), than.on_time_money),
        mean_late=one(min(than.mean_late, other.mean_late), than.mean_late),
        months_clean=one(None if None in months else max(months), than.months_clean),  # type: ignore[type-var]
        silent_days=one(min(than.silent_days, other.silent_days), than.silent_days),
        broken=least(than.broken),
        kept=than.kept if than.kept is None else one(max(than.kept, other.kept or 0.0), than.kept),
        overdue_bills=least(than.overdue_bills),
        oldest_days=one(min(than.oldest_days, other.oldest_days), than.oldest_days),
    )


def circumstances(random: Random) -> Row:
    """All that is not how an account pays: what it is, what it uses, what was found, who protects it."""
    pick = random.choice
    voltage_class = pick(CLASSES)
    low = ("residential", "residential", "agricultural", "general_commercial", "large_industrial")
    tariff = pick(low if voltage_class == "<1kV" else ("general_commercial", "large_industrial", "large_industrial"))
    mean = Decimal(pick(("40.00", "300.00", "300.00", "4000.00", "4000.00", "90000.00")))
    theft, breach = pick((None, None, None, None, 3, 13, 30)), pick((None, None, None, 3, 13))
    protected = random.random() < 0.2
    return {
        "district": pick(DISTRICTS),
        "voltage_class": voltage_class,
        "tariff": tariff,
        "segment": segment_of(voltage_class, tariff),
        "occupancy": pick((None, "owner", "tenant")),
        "payment_mode_in_force": pick((None, "postpay", "postpay", "prepay", "split_settlement", "direct_debit")),
        "is_direct_debit": pick((None, False, False, True)),
        "account_age_days": pick((10, 364, 365, 729, 730, 1824, 1825)),
        "theft_count_24m": int(theft is not None and theft < 24),
        "months_since_theft": theft,
        "breach_count_24m": int(breach is not None),
        "months_since_breach": breach,
        "recent_use_ratio": pick((None, 0.2, 0.49, 0.5, 0.8, 1.0)),
        "use_on_year_ratio": pick((None, 0.5, 0.69, 0.7, 0.9, 1.0)),
        "use_slope_12m": pick((None, -0.05, -0.03, 0.0)),
        "has_sharp_fall": pick((None, False, False, True)),
        "has_bill_shock": pick((None, False, False, True)),
        "bill_level_ratio": pick((None, 1.0, 1.49, 1.5)),
        "last_month_use_ratio": pick((None, 0.5, 0.9, 1.0)),
        "insolvency_records_60m": pick((0, 0, 0, 1)),
        "standing_records_60m": pick((0, 1)),
        "is_in_arrangement": pick((False, False, False, True)),
        "arranged_amount": pick((Decimal(0), Decimal(100_000))),
        "arranged_overdue_amount": pick((Decimal(0), Decimal(0), Decimal(50))),
        "promised_amount": pick((Decimal(0), Decimal(0), Decimal(0), Decimal(100_000))),
        "is_on_hold": pick((False, False, False, False, False, True)),
        "quarantined_money_rows": pick((0, 0, 0, 0, 0, 1)),
        "security_amount": pick((Decimal(0), Decimal(0), Decimal(5000))),
        "mean_bill_amount_12m": mean,
        "billed_amount_12m": mean * 12,
        "unbilled_days": pick((None, 0, 20)),
        "ageing_current_amount": pick((Decimal(0), mean)),
        **dict.fromkeys(PROTECTIONS, False),
        **({"is_protected": True, pick(PROTECTIONS[1:]): True} if protected else {}),
    }


def segment_of(voltage_class: str, tariff: str) -> str:
    """As features.sql has it."""
    return "high_voltage" if voltage_class != "<1kV" else "residential" if tariff == "residential" else "business"


def account(payer: Payer, around: Row) -> Row:
    """The account of one who pays so, in these circumstances."""
    overdue = (around["mean_bill_amount_12m"] * Decimal(payer.overdue_bills)).quantize(Decimal("0.01"))
    return {
        **around,
        **payer.row,
        "overdue_amount": overdue,
        "overdue_bills": payer.overdue_bills,
        "oldest_days_past_due": payer.oldest_days if overdue else None,
        "overdue_15_days_amount": overdue if payer.oldest_days >= 15 else Decimal(0),
        "open_amount": overdue + around["ageing_current_amount"],
    }


def accounts(random: Random, count: int) -> list[Row]:
    """So many, drawn."""
    return [account(payer(random), circumstances(random)) for _ in range(count)]
