"""What the warning list is read from, and what finds a person's cases and those that are due."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = (
    "customer_name", "address", "voltage_class", "tariff", "withheld_treatment", "reason_1", "reason_2", "reason_3", "reason_4",
)  # fmt: skip
NEEDED_TEXT = (
    "customer_id", "district", "grade", "payment_mode", "arrangement", "security", "treatment"
)  # fmt: skip
MONEY = ("open_amount", "overdue_amount", "next_due_amount", "exposure_amount", "expected_loss_amount")
SORTED = (
    "expected_loss_amount", "overdue_amount", "open_amount", "oldest_days_past_due", "probability", "raised_on",
    "customer_name", "district",
)  # fmt: skip
OPEN = sa.text("timeline = 'live' AND state <> 'resolved'")


def upgrade() -> None:
    share = sa.Numeric(9, 6)
    op.create_table(
        "worklist",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("episode_id", sa.Text),
        sa.Column("raised_on", sa.Date),
        sa.Column("level", sa.Text),
        *(sa.Column(name, sa.Text) for name in TEXT),
        *(sa.Column(name, sa.Text, nullable=False) for name in NEEDED_TEXT),
        *(sa.Column(name, sa.Numeric(18, 2), nullable=False) for name in MONEY),
        sa.Column("oldest_days_past_due", sa.Integer),
        sa.Column("next_due_on", sa.Date),
        sa.Column("probability", share, nullable=False),
        sa.Column("probability_low", share),
        sa.Column("probability_high", share),
        sa.Column("points", sa.Numeric(9, 2), nullable=False),
        sa.Column("is_held_out", sa.Boolean, nullable=False),
        sa.Column("is_within_capacity", sa.Boolean, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("run_key", sa.Text, sa.ForeignKey("run.run_key", name="worklist_run_key_fkey"), nullable=False),
    )
    for name in SORTED:
        op.create_index(f"worklist_{name}", "worklist", [sa.text(f"{name} DESC NULLS LAST"), "account_id"])
    op.create_index(
        "worklist_account_id", "worklist", ["account_id"], postgresql_ops={"account_id": "text_pattern_ops"}
    )
    op.create_index("worklist_episode_id", "worklist", ["episode_id"])
    op.create_table(
        "worklist_search",
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("initials", ARRAY(sa.Text), nullable=False),
        sa.Column("readings", sa.Text, nullable=False),
        sa.Column("grams", ARRAY(sa.Text), nullable=False),
        sa.Column("searched", sa.Text, nullable=False),
    )
    for name in ("grams", "initials"):
        op.create_index(f"worklist_search_{name}", "worklist_search", [name], postgresql_using="gin")
    op.create_index("episode_owner", "episode", ["owner"], postgresql_where=OPEN)
    op.create_index("episode_follow_up_on", "episode", ["follow_up_on"], postgresql_where=OPEN)
    op.create_index("episode_promise_due_on", "episode", ["promise_due_on"], postgresql_where=OPEN)


def downgrade() -> None:
    for name in ("promise_due_on", "follow_up_on", "owner"):
        op.drop_index(f"episode_{name}")
    op.drop_table("worklist_search")
    op.drop_table("worklist")
