"""Holds, approvals and contests: what their events add up to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _hold()
    _approval()
    _contest()


def _hold() -> None:
    op.create_table(
        "hold",
        sa.Column("hold_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("bill_id", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("from_at", AT, nullable=False),
        sa.Column("until_at", AT, nullable=False),
        sa.Column("afterwards", sa.Text, nullable=False),
        sa.Column("known_at", AT, nullable=False),
        sa.Column("entered_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("end_known_at", AT),
        sa.Column("ended_by", sa.Text),
        sa.Column("end_why", sa.Text),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint("until_at > from_at and (ended_at is null or ended_at >= from_at)", name="hold_order_check"),
        sa.CheckConstraint("num_nulls(ended_at, end_known_at, ended_by, end_why) in (0, 4)", name="hold_end_check"),
        sa.CheckConstraint("afterwards in ('resume', 'review', 'escalate')", name="hold_afterwards_check"),
    )
    op.create_index("hold_account_id", "hold", ["account_id"])


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("subject", JSONB, nullable=False),
        sa.Column("subject_hash", sa.Text, nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reminded_at", AT),
        sa.Column("answered_by", sa.Text),
        sa.Column("answered_right", sa.Text),
        sa.Column("answered_at", AT),
        sa.Column("until_at", AT),
        sa.Column("answer_why", sa.Text),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint("state in ('waiting', 'approved', 'refused', 'superseded')", name="approval_state_check"),
        sa.CheckConstraint(
            "num_nulls(answered_by, answered_right, answered_at, until_at, answer_why) "
            "= case when state in ('approved', 'refused') then 0 else 5 end",
            name="approval_answer_check",
        ),
        sa.CheckConstraint("answered_by <> asked_by", name="approval_four_eyes_check"),
    )
    op.create_index(
        "approval_one_waiting_per_subject",
        "approval",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("approval_subject_id", "approval", ["subject_id"])


def _contest() -> None:
    op.create_table(
        "contest",
        sa.Column("contest_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("taken_in_by", sa.Text, nullable=False),
        sa.Column("complaint", sa.Text, nullable=False),
        sa.Column("decided_by", ARRAY(sa.Text), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reviewer", sa.Text),
        sa.Column("finding", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("closed_at", AT),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint("state in ('open', 'in_review', 'answered', 'withdrawn')", name="contest_state_check"),
        sa.CheckConstraint("(closed_at is null) = (state in ('open', 'in_review'))", name="contest_closed_check"),
        sa.CheckConstraint("finding in ('upheld', 'partly_upheld', 'rejected')", name="contest_finding_check"),
        sa.CheckConstraint("not reviewer = any (decided_by)", name="contest_other_person_check"),
    )
    op.create_index(
        "contest_one_open_per_subject",
        "contest",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_index("contest_account_id", "contest", ["account_id"])


def downgrade() -> None:
    for table in ("hold", "approval", "contest"):
        op.drop_table(table)
