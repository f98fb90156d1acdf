"""Requests for credit, and the parts of the plans they ask for: what their events add up to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("against", sa.Text),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("verdict", JSONB),
        sa.Column("reviewer", sa.Text),
        sa.Column("agreed_on", sa.Date),
        sa.CheckConstraint(
            "kind in ('new_supply', 'more_capacity', 'deferral', 'instalment', 'release_from_prepay')",
            name="request_kind_check",
        ),
        sa.CheckConstraint(
            "state in ('requested', 'checked', 'blocked', 'in_review', 'in_force', 'refused', 'withdrawn', 'lapsed', "
            "'kept', 'broken')",
            name="request_state_check",
        ),
        sa.CheckConstraint("amount > 0", name="request_amount_check"),
        sa.CheckConstraint("account_id is not null or kind = 'new_supply'", name="request_account_check"),
    )
    op.create_index(
        "request_one_arrangement_per_account",
        "request",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text(
            "kind in ('deferral', 'instalment') "
            "and state in ('requested', 'checked', 'blocked', 'in_review', 'in_force')"
        ),
    )
    op.create_index("request_customer_id", "request", ["customer_id"])
    op.create_table(
        "request_part",
        sa.Column(
            "request_id",
            sa.Text,
            sa.ForeignKey("request.request_id", name="request_part_request_id_fkey"),
            primary_key=True,
        ),
        sa.Column("part_no", sa.Integer, primary_key=True),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.CheckConstraint("state in ('open', 'kept', 'missed')", name="request_part_state_check"),
        sa.CheckConstraint("amount > 0", name="request_part_amount_check"),
    )


def downgrade() -> None:
    op.drop_table("request_part")
    op.drop_table("request")
