"""What people decided on rows in quarantine is found every night among all events."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "event_quarantine",
        "event",
        ["stream_id", "seq"],
        postgresql_where=sa.text("type IN ('quarantine_released', 'quarantine_dropped')"),
    )


def downgrade() -> None:
    op.drop_index("event_quarantine", "event")
