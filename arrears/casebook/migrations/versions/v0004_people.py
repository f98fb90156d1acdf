"""What people do to a case, and what they agree with customers, which the next pull reads as rows of `arrangement`."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
STANDING = "state <> 'resolved' OR is_quiet OR promise_state = 'open'"


def upgrade() -> None:
    # 14 is what the policy said before nights kept it; no night that stands had a dismissal.
    op.add_column("night", sa.Column("cool_down_days", sa.Integer, nullable=False, server_default=sa.text("14")))
    op.alter_column("night", "cool_down_days", server_default=None)
    _episodes()
    _arrangements()


def _episodes() -> None:
    op.add_column("episode", sa.Column("owner", sa.Text))
    op.add_column("episode", sa.Column("follow_up_on", sa.Date))
    op.add_column("episode", sa.Column("is_quiet", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("episode", "is_quiet", server_default=None)
    op.add_column("episode", sa.Column("promise_id", sa.Text))
    op.add_column("episode", sa.Column("promised_amount", sa.Numeric(18, 2)))
    op.add_column("episode", sa.Column("promise_made_on", sa.Date))
    op.add_column("episode", sa.Column("promise_due_on", sa.Date))
    op.add_column("episode", sa.Column("promise_state", sa.Text))
    op.create_check_constraint(
        "episode_promise_check",
        "episode",
        "num_nulls(promise_id, promised_amount, promise_made_on, promise_due_on, promise_state) IN (0, 5)",
    )
    op.create_index("episode_standing", "episode", ["timeline", "account_id"], postgresql_where=sa.text(STANDING))


def _arrangements() -> None:
    op.create_table(
        "arrangement",
        sa.Column("arrangement_id", sa.Text, primary_key=True),
        sa.Column("part_no", sa.Integer, primary_key=True),
        sa.Column("recorded_at", AT, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("agreed_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.CheckConstraint("arrangement_id LIKE 'casebook:%'", name="arrangement_arrangement_id_check"),
        sa.CheckConstraint("kind in ('deferral', 'instalment', 'promise')", name="arrangement_kind_check"),
        sa.CheckConstraint("status in ('open', 'kept', 'broken', 'cancelled')", name="arrangement_status_check"),
        sa.CheckConstraint("amount > 0 AND part_no > 0 AND due_on >= agreed_on", name="arrangement_terms_check"),
    )
    op.create_index("arrangement_account_id", "arrangement", ["account_id"])
    op.execute(
        "CREATE TRIGGER arrangement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON arrangement "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE arrangement ENABLE ALWAYS TRIGGER arrangement_append_only")


def downgrade() -> None:
    op.drop_table("arrangement")
    op.drop_index("episode_standing", "episode")
    op.drop_constraint("episode_promise_check", "episode")
    for name in (
        "promise_state",
        "promise_due_on",
        "promise_made_on",
        "promised_amount",
        "promise_id",
        "is_quiet",
        "follow_up_on",
        "owner",
    ):
        op.drop_column("episode", name)
    op.drop_column("night", "cool_down_days")
