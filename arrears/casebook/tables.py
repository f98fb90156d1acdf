"""The casebook's tables, one set per source schema; the search path of the connection says which."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Named,
    Numeric,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

LIVE = "live"
"""The timeline that staff work with; every other one is a shadow that may be built anew."""


class RunColumns(TypedColumns):
    """A run by its key, and how often it was tried; the clock times are for operators and reach no result."""

    run_key: Named[str] = Column(Text, primary_key=True)
    source: Named[str] = Column(Text)
    as_of: Named[dt.date] = Column(Date)
    known_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    kind: Named[str] = Column(Text)
    code_version: Named[str] = Column(Text)
    policy_version: Named[str] = Column(Text)
    card_version: Named[str] = Column(Text)
    attempts: Named[int] = Column(Integer, server_default=text("0"))
    started_at: Named[dt.datetime] = Column(DateTime(timezone=True), server_default=func.now())
    finished_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    receipts: Named[dict[str, Any]] = Column(JSONB, server_default=text("'{}'::jsonb"))


class NightColumns(TypedColumns):
    """The nights a timeline was folded over, with the rules it was folded by."""

    timeline: Named[str] = Column(Text, primary_key=True)
    as_of: Named[dt.date] = Column(Date, primary_key=True)
    run_key: Named[str] = Column(Text, ForeignKey("run.run_key"))
    calmer_nights: Named[int] = Column(Integer)
    horizon_days: Named[int] = Column(Integer)
    cool_down_days: Named[int] = Column(Integer)


class EventColumns(TypedColumns):
    """Append-only: a trigger refuses every other change. Of live episodes, by nights and by people (a shadow's log is its
    nights), and of what people decided on rows in quarantine and on scorecards."""

    event_id: Named[str] = Column(Text, primary_key=True)
    stream_id: Named[str] = Column(Text)
    seq: Named[int] = Column(Integer)
    type: Named[str] = Column(Text)
    body: Named[dict[str, Any]] = Column(JSONB)
    occurred_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    known_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    actor: Named[str] = Column(Text)
    run_key: Named[str | None] = Column(Text, ForeignKey("run.run_key"))


class EpisodeColumns(TypedColumns):
    """What the events add up to, per timeline."""

    timeline: Named[str] = Column(Text, primary_key=True)
    episode_id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text)
    raised_on: Named[dt.date] = Column(Date)
    level: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    calmer: Named[list[str]] = Column(ARRAY(Text))
    seq: Named[int] = Column(Integer)
    outcome: Named[str | None] = Column(Text)
    resolved_on: Named[dt.date | None] = Column(Date)
    owner: Named[str | None] = Column(Text)
    follow_up_on: Named[dt.date | None] = Column(Date)
    is_quiet: Named[bool] = Column(Boolean)
    promise_id: Named[str | None] = Column(Text)
    promised_amount: Named[Decimal | None] = Column(Numeric(18, 2))
    promise_made_on: Named[dt.date | None] = Column(Date)
    promise_due_on: Named[dt.date | None] = Column(Date)
    promise_state: Named[str | None] = Column(Text)


class ArrangementColumns(TypedColumns):
    """What was agreed with customers here, part by part and version by version, append-only: the next pull reads it as rows
    of the contract's table `arrangement`."""

    arrangement_id: Named[str] = Column(Text, primary_key=True)
    part_no: Named[int] = Column(Integer, primary_key=True)
    recorded_at: Named[dt.datetime] = Column(DateTime(timezone=True), primary_key=True)
    account_id: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    agreed_on: Named[dt.date] = Column(Date)
    due_on: Named[dt.date] = Column(Date)
    amount: Named[Decimal] = Column(Numeric(18, 2))
    status: Named[str] = Column(Text)
    actor: Named[str] = Column(Text)


class NoticeColumns(TypedColumns):
    """A drafted letter; `context` is every value its words were made of."""

    timeline: Named[str] = Column(Text, primary_key=True)
    notice_id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text)
    kind: Named[str] = Column(Text)
    subject_type: Named[str] = Column(Text)
    subject_id: Named[str] = Column(Text)
    step: Named[str] = Column(Text)
    language: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    total_amount: Named[Decimal] = Column(Numeric(18, 2))
    run_key: Named[str] = Column(Text, ForeignKey("run.run_key"))
    context: Named[dict[str, Any]] = Column(JSONB)
    html_sha256: Named[str] = Column(Text)


MAIL_TEXT = "text"
"""In place of a channel: the plain-text part of the mail whose HTML is the rendering `email`."""


class RenderingColumns(TypedColumns):
    """The words of a notice on one channel; of a letter, what it is set from. A mail has two rows (MAIL_TEXT)."""

    timeline: Named[str] = Column(Text, primary_key=True)
    notice_id: Named[str] = Column(Text, primary_key=True)
    channel: Named[str] = Column(Text, primary_key=True)
    language: Named[str] = Column(Text)
    subject: Named[str] = Column(Text)
    body: Named[str] = Column(Text)


class DeliveryColumns(TypedColumns):
    """One way on which a live notice goes, or would go next. `claim` names what a sender took together until `leased_until`;
    `begun_at` is written before anything is handed over, and the end after the answer."""

    timeline: Named[str] = Column(Text, primary_key=True, server_default=LIVE)
    notice_id: Named[str] = Column(Text, primary_key=True)
    attempt: Named[int] = Column(Integer, primary_key=True)
    way: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    tries: Named[int] = Column(Integer, server_default=text("0"))
    not_before: Named[dt.datetime] = Column(DateTime(timezone=True))
    claim: Named[str | None] = Column(Text)
    claimed_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    leased_until: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    begun_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    ended_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    reference: Named[str | None] = Column(Text)
    why: Named[str | None] = Column(Text)


class ScorecardColumns(TypedColumns):
    """A card as it was fitted and validated, append-only; what people did with it are events of the stream `scorecard`."""

    version: Named[str] = Column(Text, primary_key=True)
    name: Named[str] = Column(Text)
    card: Named[str] = Column(Text)
    data_window: Named[str | None] = Column(Text)
    data_sha256: Named[str | None] = Column(Text)
    metrics: Named[dict[str, Any]] = Column(JSONB)
    verdict: Named[str | None] = Column(Text)
    report: Named[str] = Column(Text)
    report_sha256: Named[str] = Column(Text)
    fitted_by: Named[str] = Column(Text)
    registered_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    why: Named[str] = Column(Text)


class DecisionColumns(TypedColumns):
    """What a night proposed for an account on an axis, when that was new. A live row never changes: what people do with it
    are events of the stream `decision/<decision_id>`."""

    timeline: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text, primary_key=True)
    axis: Named[str] = Column(Text, primary_key=True)
    as_of: Named[dt.date] = Column(Date, primary_key=True)
    decision_id: Named[str] = Column(Text)
    value: Named[str] = Column(Text)
    terms: Named[dict[str, Any]] = Column(JSONB)
    rule: Named[str] = Column(Text)
    policy_version: Named[str] = Column(Text)
    card_version: Named[str] = Column(Text)
    looked_at: Named[dict[str, Any]] = Column(JSONB)
    is_held_out: Named[bool] = Column(Boolean)
    run_key: Named[str] = Column(Text, ForeignKey("run.run_key"))


class RequestColumns(TypedColumns):
    """A request for credit: what its events add up to."""

    request_id: Named[str] = Column(Text, primary_key=True)
    kind: Named[str] = Column(Text)
    customer_id: Named[str] = Column(Text)
    account_id: Named[str | None] = Column(Text)
    amount: Named[Decimal] = Column(Numeric(18, 2))
    against: Named[str | None] = Column(Text)
    requested_by: Named[str] = Column(Text)
    requested_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    changed_by: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    seq: Named[int] = Column(Integer)
    verdict: Named[dict[str, Any] | None] = Column(JSONB(none_as_null=True))
    reviewer: Named[str | None] = Column(Text)
    agreed_on: Named[dt.date | None] = Column(Date)


class RequestPartColumns(TypedColumns):
    """A part of a plan; a deferral has one."""

    request_id: Named[str] = Column(Text, ForeignKey("request.request_id"), primary_key=True)
    part_no: Named[int] = Column(Integer, primary_key=True)
    due_on: Named[dt.date] = Column(Date)
    amount: Named[Decimal] = Column(Numeric(18, 2))
    state: Named[str] = Column(Text)


class LawCaseColumns(TypedColumns):
    """A case of the law: what the events of its stream `law/<case_id>` add up to, as far as lists need it."""

    case_id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text)
    measure: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    opened_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    changed_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    seq: Named[int] = Column(Integer)


class WorkOrderColumns(TypedColumns):
    """An order to the field, and its answer."""

    order_id: Named[str] = Column(Text, primary_key=True)
    case_id: Named[str] = Column(Text, ForeignKey("law_case.case_id"))
    account_id: Named[str] = Column(Text)
    task: Named[str] = Column(Text)
    place: Named[str] = Column(Text)
    amount: Named[Decimal] = Column(Numeric(18, 2))
    from_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    until_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    ordered_by: Named[str] = Column(Text)
    ordered_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    answer: Named[str | None] = Column(Text)
    answered_by: Named[str | None] = Column(Text)
    answered_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))


run = Table(
    "run",
    metadata,
    RunColumns,
    CheckConstraint("kind in ('nightly', 'backfill', 'restate', 'dry-run')", name="kind"),
)
night = Table("night", metadata, NightColumns)
event = Table(
    "event",
    metadata,
    EventColumns,
    UniqueConstraint("stream_id", "seq"),
    Index(
        "event_quarantine",
        "stream_id",
        "seq",
        postgresql_where=text("type IN ('quarantine_released', 'quarantine_dropped')"),
    ),
)
episode = Table(
    "episode",
    metadata,
    EpisodeColumns,
    CheckConstraint("level in ('blue', 'yellow', 'orange', 'red')", name="level"),
    CheckConstraint("state in ('raised', 'acknowledged', 'in_treatment', 'resolved')", name="state"),
    CheckConstraint(
        "(state = 'resolved') = (outcome is not null) and (outcome is null) = (resolved_on is null)", name="outcome"
    ),
    Index(
        "episode_one_open_per_account", "timeline", "account_id", unique=True, postgresql_where="state <> 'resolved'"
    ),
    CheckConstraint(
        "num_nulls(promise_id, promised_amount, promise_made_on, promise_due_on, promise_state) IN (0, 5)",
        name="promise",
    ),
    Index("episode_account_id", "account_id"),
    Index(
        "episode_standing",
        "timeline",
        "account_id",
        postgresql_where="state <> 'resolved' OR is_quiet OR promise_state = 'open'",
    ),
    *(
        Index(f"episode_{column}", column, postgresql_where=text("timeline = 'live' AND state <> 'resolved'"))
        for column in ("owner", "follow_up_on", "promise_due_on")
    ),
)
arrangement = Table(
    "arrangement",
    metadata,
    ArrangementColumns,
    CheckConstraint("arrangement_id LIKE 'casebook:%'", name="arrangement_id"),
    CheckConstraint("kind in ('deferral', 'instalment', 'promise')", name="kind"),
    CheckConstraint("status in ('open', 'kept', 'broken', 'cancelled')", name="status"),
    CheckConstraint("amount > 0 AND part_no > 0 AND due_on >= agreed_on", name="terms"),
    Index("arrangement_account_id", "account_id"),
)
notice = Table(
    "notice",
    metadata,
    NoticeColumns,
    CheckConstraint(
        "state in ('drafted', 'released', 'sending', 'in_doubt', 'sent', 'delivered', 'failed', 'returned', 'expired', "
        "'withdrawn')",
        name="state",
    ),
    CheckConstraint("timeline = 'live' or state = 'drafted'", name="live"),
    Index("notice_account_id", "account_id"),
    Index("notice_run_key", "run_key"),
    Index("notice_open", "state", "kind", postgresql_where=text("state in ('drafted', 'released', 'sending')")),
)
delivery = Table(
    "delivery",
    metadata,
    DeliveryColumns,
    ForeignKeyConstraint(["timeline", "notice_id"], ["notice.timeline", "notice.notice_id"]),
    CheckConstraint("timeline = 'live'", name="live"),
    CheckConstraint("way in ('email', 'sms', 'chat', 'letter')", name="way"),
    CheckConstraint(
        "state in ('planned', 'released', 'sending', 'in_doubt', 'sent', 'delivered', 'failed', 'returned', 'withdrawn')",
        name="state",
    ),
    CheckConstraint("state <> 'sending' or (claim is not null and leased_until is not null)", name="claim"),
    UniqueConstraint("notice_id", "way"),
    Index(
        "delivery_one_at_a_time",
        "notice_id",
        unique=True,
        postgresql_where=text("state in ('released', 'sending', 'in_doubt', 'sent', 'delivered')"),
    ),
    Index("delivery_due", "way", "not_before", "notice_id", postgresql_where=text("state = 'released'")),
    Index("delivery_leased", "leased_until", postgresql_where=text("state = 'sending'")),
    Index("delivery_claimed", "way", "claimed_at"),
    Index("delivery_ended", "way", "ended_at"),
    Index("delivery_returned", "way", "address", postgresql_where=text("state = 'returned'")),
)
rendering = Table(
    "rendering",
    metadata,
    RenderingColumns,
    ForeignKeyConstraint(["timeline", "notice_id"], ["notice.timeline", "notice.notice_id"], ondelete="CASCADE"),
)
scorecard = Table("scorecard", metadata, ScorecardColumns)
decision = Table(
    "decision",
    metadata,
    DecisionColumns,
    Index("decision_as_of", "timeline", "as_of"),
    Index("decision_decision_id", "decision_id"),
)
request = Table(
    "request",
    metadata,
    RequestColumns,
    CheckConstraint(
        "kind in ('new_supply', 'more_capacity', 'deferral', 'instalment', 'release_from_prepay')", name="kind"
    ),
    CheckConstraint(
        "state in ('requested', 'checked', 'blocked', 'in_review', 'in_force', 'refused', 'withdrawn', 'lapsed', 'kept', "
        "'broken')",
        name="state",
    ),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("account_id is not null or kind = 'new_supply'", name="account"),
    Index(
        "request_one_arrangement_per_account",
        "account_id",
        unique=True,
        postgresql_where=text(
            "kind in ('deferral', 'instalment') "
            "and state in ('requested', 'checked', 'blocked', 'in_review', 'in_force')"
        ),
    ),
    Index("request_customer_id", "customer_id"),
)
request_part = Table(
    "request_part",
    metadata,
    RequestPartColumns,
    CheckConstraint("state in ('open', 'kept', 'missed')", name="state"),
    CheckConstraint("amount > 0", name="amount"),
)
law_case = Table(
    "law_case",
    metadata,
    LawCaseColumns,
    CheckConstraint("measure in ('disconnection', 'prepay')", name="measure"),
    CheckConstraint(
        "state in ('demanded', 'proposed', 'approved', 'notice_served', 'renotified', 'cut', 'restored', 'cancelled')",
        name="state",
    ),
    Index(
        "law_case_one_open",
        "account_id",
        "measure",
        unique=True,
        postgresql_where=text("state not in ('restored', 'cancelled')"),
    ),
)
work_order = Table(
    "work_order",
    metadata,
    WorkOrderColumns,
    CheckConstraint("task in ('cut', 'restore')", name="task"),
    CheckConstraint(
        "answer in ('done', 'not_found', 'refused_access', 'paid_at_the_door', 'withdrawn')", name="answer"
    ),
    CheckConstraint("num_nulls(answer, answered_by, answered_at) in (0, 3)", name="answered"),
    Index("work_order_one_open", "case_id", unique=True, postgresql_where=text("answer is null")),
)
