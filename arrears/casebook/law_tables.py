"""The tables of holds, approvals and contests: each row is what its stream of events adds up to."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, Named, Table, Text, TypedColumns, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from arrears.casebook.tables import metadata


class HoldColumns(TypedColumns):
    """`afterwards`: what happens when it expires. All four columns of an end, or none."""

    hold_id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text)
    bill_id: Named[str | None] = Column(Text)
    reason: Named[str] = Column(Text)
    owner: Named[str] = Column(Text)
    from_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    until_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    afterwards: Named[str] = Column(Text)
    known_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    entered_by: Named[str] = Column(Text)
    why: Named[str] = Column(Text)
    ended_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    end_known_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    ended_by: Named[str | None] = Column(Text)
    end_why: Named[str | None] = Column(Text)
    seq: Named[int] = Column(Integer)


class ApprovalColumns(TypedColumns):
    """A request for approval and its answer: the row that whoever acts checks. `superseded`: the same subject was asked about
    anew. `subject` is everything that is approved."""

    request_id: Named[str] = Column(Text, primary_key=True)
    what: Named[str] = Column(Text)
    subject_id: Named[str] = Column(Text)
    account_id: Named[str] = Column(Text)
    subject: Named[dict[str, Any]] = Column(JSONB)
    subject_hash: Named[str] = Column(Text)
    asked_by: Named[str] = Column(Text)
    asked_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    why: Named[str] = Column(Text)
    state: Named[str] = Column(Text)
    reminded_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    answered_by: Named[str | None] = Column(Text)
    answered_right: Named[str | None] = Column(Text)
    answered_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    until_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    answer_why: Named[str | None] = Column(Text)
    seq: Named[int] = Column(Integer)


class ContestColumns(TypedColumns):
    """`complaint` is what the customer says, `why` the reasons of the answer: the notice of a decision is made of them."""

    contest_id: Named[str] = Column(Text, primary_key=True)
    account_id: Named[str] = Column(Text)
    subject_id: Named[str] = Column(Text)
    opened_at: Named[dt.datetime] = Column(DateTime(timezone=True))
    taken_in_by: Named[str] = Column(Text)
    complaint: Named[str] = Column(Text)
    decided_by: Named[list[str]] = Column(ARRAY(Text))
    state: Named[str] = Column(Text)
    reviewer: Named[str | None] = Column(Text)
    finding: Named[str | None] = Column(Text)
    why: Named[str] = Column(Text)
    closed_at: Named[dt.datetime | None] = Column(DateTime(timezone=True))
    seq: Named[int] = Column(Integer)


hold = Table(
    "hold",
    metadata,
    HoldColumns,
    CheckConstraint("until_at > from_at and (ended_at is null or ended_at >= from_at)", name="order"),
    CheckConstraint("num_nulls(ended_at, end_known_at, ended_by, end_why) in (0, 4)", name="end"),
    CheckConstraint("afterwards in ('resume', 'review', 'escalate')", name="afterwards"),
    Index("hold_account_id", "account_id"),
)
approval = Table(
    "approval",
    metadata,
    ApprovalColumns,
    CheckConstraint("state in ('waiting', 'approved', 'refused', 'superseded')", name="state"),
    CheckConstraint(
        "num_nulls(answered_by, answered_right, answered_at, until_at, answer_why) "
        "= case when state in ('approved', 'refused') then 0 else 5 end",
        name="answer",
    ),
    CheckConstraint("answered_by <> asked_by", name="four_eyes"),
    Index("approval_one_waiting_per_subject", "subject_id", unique=True, postgresql_where=text("state = 'waiting'")),
    Index("approval_subject_id", "subject_id"),
)
contest = Table(
    "contest",
    metadata,
    ContestColumns,
    CheckConstraint("state in ('open', 'in_review', 'answered', 'withdrawn')", name="state"),
    CheckConstraint("(closed_at is null) = (state in ('open', 'in_review'))", name="closed"),
    CheckConstraint("finding in ('upheld', 'partly_upheld', 'rejected')", name="finding"),
    CheckConstraint("not reviewer = any (decided_by)", name="other_person"),
    Index("contest_one_open_per_subject", "subject_id", unique=True, postgresql_where=text("closed_at is null")),
    Index("contest_account_id", "account_id"),
)
