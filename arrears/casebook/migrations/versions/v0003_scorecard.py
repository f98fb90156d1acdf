"""The register of scorecards. What people do with a card is an event; the card itself never changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scorecard",
        sa.Column("version", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("data_window", sa.Text),
        sa.Column("data_sha256", sa.Text),
        sa.Column("metrics", JSONB, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("report", sa.Text, nullable=False),
        sa.Column("report_sha256", sa.Text, nullable=False),
        sa.Column("fitted_by", sa.Text, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    op.execute(
        "CREATE TRIGGER scorecard_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON scorecard "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE scorecard ENABLE ALWAYS TRIGGER scorecard_append_only")


def downgrade() -> None:
    op.drop_table("scorecard")
