"""Cases of the law: what their events add up to, and the orders to the field."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "law_case",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint("measure in ('disconnection', 'prepay')", name="law_case_measure_check"),
        sa.CheckConstraint(
            "state in ('demanded', 'proposed', 'approved', 'notice_served', 'renotified', 'cut', 'restored', 'cancelled')",
            name="law_case_state_check",
        ),
    )
    op.create_index(
        "law_case_one_open",
        "law_case",
        ["account_id", "measure"],
        unique=True,
        postgresql_where=sa.text("state not in ('restored', 'cancelled')"),
    )
    op.create_table(
        "work_order",
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column(
            "case_id", sa.Text, sa.ForeignKey("law_case.case_id", name="work_order_case_id_fkey"), nullable=False
        ),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.Text, nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.Text),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("task in ('cut', 'restore')", name="work_order_task_check"),
        sa.CheckConstraint(
            "answer in ('done', 'not_found', 'refused_access', 'paid_at_the_door', 'withdrawn')",
            name="work_order_answer_check",
        ),
        sa.CheckConstraint("num_nulls(answer, answered_by, answered_at) in (0, 3)", name="work_order_answered_check"),
    )
    op.create_index(
        "work_order_one_open", "work_order", ["case_id"], unique=True, postgresql_where=sa.text("answer is null")
    )


def downgrade() -> None:
    op.drop_table("work_order")
    op.drop_table("law_case")
