"""Tonight's workload is found without reading the whole list."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "worklist_is_within_capacity", "worklist", ["account_id"], postgresql_where=sa.text("is_within_capacity")
    )
