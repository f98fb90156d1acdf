"""Notices leave: their states, and a row for each way on which one goes or would go next."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("notice_state_check", "notice")
    op.create_check_constraint(
        "notice_state_check",
        "notice",
        "state in ('drafted', 'released', 'sending', 'in_doubt', 'sent', 'delivered', 'failed', 'returned', 'expired', "
        "'withdrawn')",
    )
    op.create_check_constraint("notice_live_check", "notice", "timeline = 'live' or state = 'drafted'")
    op.create_index(
        "notice_open",
        "notice",
        ["state", "kind"],
        postgresql_where=sa.text("state in ('drafted', 'released', 'sending')"),
    )
    _delivery()


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("timeline", sa.Text, primary_key=True, server_default="live"),
        sa.Column("notice_id", sa.Text, primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.Text),
        sa.Column("claimed_at", sa.DateTime(timezone=True)),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("reference", sa.Text),
        sa.Column("why", sa.Text),
        sa.ForeignKeyConstraint(
            ["timeline", "notice_id"],
            ["notice.timeline", "notice.notice_id"],
            name="delivery_timeline_notice_id_fkey",
        ),
        sa.CheckConstraint("timeline = 'live'", name="delivery_live_check"),
        sa.CheckConstraint("way in ('email', 'sms', 'chat', 'letter')", name="delivery_way_check"),
        sa.CheckConstraint(
            "state in ('planned', 'released', 'sending', 'in_doubt', 'sent', 'delivered', 'failed', 'returned', "
            "'withdrawn')",
            name="delivery_state_check",
        ),
        sa.CheckConstraint(
            "state <> 'sending' or (claim is not null and leased_until is not null)", name="delivery_claim_check"
        ),
        sa.UniqueConstraint("notice_id", "way", name="delivery_notice_id_way_key"),
    )
    op.create_index(
        "delivery_one_at_a_time",
        "delivery",
        ["notice_id"],
        unique=True,
        postgresql_where=sa.text("state in ('released', 'sending', 'in_doubt', 'sent', 'delivered')"),
    )
    op.create_index(
        "delivery_due",
        "delivery",
        ["way", "not_before", "notice_id"],
        postgresql_where=sa.text("state = 'released'"),
    )
    op.create_index("delivery_leased", "delivery", ["leased_until"], postgresql_where=sa.text("state = 'sending'"))
    op.create_index("delivery_claimed", "delivery", ["way", "claimed_at"])
    op.create_index("delivery_ended", "delivery", ["way", "ended_at"])
    op.create_index("delivery_returned", "delivery", ["way", "address"], postgresql_where=sa.text("state = 'returned'"))


def downgrade() -> None:
    op.drop_table("delivery")
    op.drop_index("notice_open", "notice")
    op.drop_constraint("notice_live_check", "notice")
    op.drop_constraint("notice_state_check", "notice")
    op.create_check_constraint("notice_state_check", "notice", "state in ('drafted')")
