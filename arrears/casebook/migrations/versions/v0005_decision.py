"""What was proposed for an account on each axis, from which night on. A proposal never changes; what people do with it are
events of the stream `decision/<decision_id>`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("timeline", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, primary_key=True),
        sa.Column("axis", sa.Text, primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("decision_id", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("terms", JSONB, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("card_version", sa.Text, nullable=False),
        sa.Column("looked_at", JSONB, nullable=False),
        sa.Column("is_held_out", sa.Boolean, nullable=False),
        sa.Column("run_key", sa.Text, sa.ForeignKey("run.run_key", name="decision_run_key_fkey"), nullable=False),
    )
    op.create_index("decision_as_of", "decision", ["timeline", "as_of"])
    op.create_index("decision_decision_id", "decision", ["decision_id"])
    op.execute(
        "CREATE TRIGGER decision_never_changes BEFORE UPDATE OR TRUNCATE ON decision "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER decision_live_stays BEFORE DELETE ON decision "
        "FOR EACH ROW WHEN (OLD.timeline = 'live') EXECUTE FUNCTION refuse_change()"
    )
    for name in ("decision_never_changes", "decision_live_stays"):
        op.execute(f"ALTER TABLE decision ENABLE ALWAYS TRIGGER {name}")


def downgrade() -> None:
    op.drop_table("decision")
