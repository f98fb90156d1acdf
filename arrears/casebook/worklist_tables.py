"""The table that the warning list is read from: what the latest live night says of each account that may be work."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Named,
    Numeric,
    Table,
    Text,
    TypedColumns,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from arrears.casebook.tables import metadata


class WorklistColumns(TypedColumns):
    """One row per account, all of one night. Nothing that people change is here: state, owner and level of the case are read
    from `episode`. `level` is what the night's signal says."""

    account_id: Named[str] = Column(Text, primary_key=True)
    episode_id: Named[str | None] = Column(Text)
    raised_on: Named[dt.date | None] = Column(Date)
    level: Named[str | None] = Column(Text)
    customer_id: Named[str] = Column(Text)
    customer_name: Named[str | None] = Column(Text)
    address: Named[str | None] = Column(Text)
    district: Named[str] = Column(Text)
    voltage_class: Named[str | None] = Column(Text)
    tariff: Named[str | None] = Column(Text)
    open_amount: Named[Decimal] = Column(Numeric(18, 2))
    overdue_amount: Named[Decimal] = Column(Numeric(18, 2))
    oldest_days_past_due: Named[int | None] = Column(Integer)
    next_due_on: Named[dt.date | None] = Column(Date)
    next_due_amount: Named[Decimal] = Column(Numeric(18, 2))
    probability: Named[Decimal] = Column(Numeric(9, 6))
    probability_low: Named[Decimal | None] = Column(Numeric(9, 6))
    probability_high: Named[Decimal | None] = Column(Numeric(9, 6))
    grade: Named[str] = Column(Text)
    points: Named[Decimal] = Column(Numeric(9, 2))
    exposure_amount: Named[Decimal] = Column(Numeric(18, 2))
    expected_loss_amount: Named[Decimal] = Column(Numeric(18, 2))
    reason_1: Named[str | None] = Column(Text)
    reason_2: Named[str | None] = Column(Text)
    reason_3: Named[str | None] = Column(Text)
    reason_4: Named[str | None] = Column(Text)
    payment_mode: Named[str] = Column(Text)
    arrangement: Named[str] = Column(Text)
    security: Named[str] = Column(Text)
    treatment: Named[str] = Column(Text)
    withheld_treatment: Named[str | None] = Column(Text)
    is_held_out: Named[bool] = Column(Boolean)
    is_within_capacity: Named[bool] = Column(Boolean)
    as_of: Named[dt.date] = Column(Date)
    run_key: Named[str] = Column(Text, ForeignKey("run.run_key"))


class WorklistSearchColumns(TypedColumns):
    """What each account of the list is found by (`arrears/review/search_words.py`). Apart from it, so that the list is narrow
    where it is counted."""

    account_id: Named[str] = Column(Text, primary_key=True)
    initials: Named[list[str]] = Column(ARRAY(Text))
    readings: Named[str] = Column(Text)
    grams: Named[list[str]] = Column(ARRAY(Text))
    searched: Named[str] = Column(Text)


SORTED = (
    "expected_loss_amount",
    "overdue_amount",
    "open_amount",
    "oldest_days_past_due",
    "probability",
    "raised_on",
    "customer_name",
    "district",
)
"""The columns that the list is sorted by, each with an index: downwards from the front, upwards from the back."""


def _sort(column: str) -> Index:
    return Index(f"worklist_{column}", text(f"{column} DESC NULLS LAST"), "account_id")


worklist = Table(
    "worklist",
    metadata,
    WorklistColumns,
    *map(_sort, SORTED),
    Index("worklist_account_id", "account_id", postgresql_ops={"account_id": "text_pattern_ops"}),
    Index("worklist_episode_id", "episode_id"),
    Index("worklist_is_within_capacity", "account_id", postgresql_where=text("is_within_capacity")),
)
worklist_search = Table(
    "worklist_search",
    metadata,
    WorklistSearchColumns,
    Index("worklist_search_grams", "grams", postgresql_using="gin"),
    Index("worklist_search_initials", "initials", postgresql_using="gin"),
)
