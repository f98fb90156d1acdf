"""Runs, nights, the event log, episodes and drafted notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _runs()
    _episodes()
    _notices()
    _append_only("event")


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("run_key", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("known_at", AT, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("code_version", sa.Text, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("card_version", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("started_at", AT, nullable=False, server_default=sa.func.now()),
        sa.Column("finished_at", AT),
        sa.Column("receipts", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.CheckConstraint("kind in ('nightly', 'backfill', 'restate', 'dry-run')", name="run_kind_check"),
    )
    op.create_table(
        "night",
        sa.Column("timeline", sa.Text, primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("run_key", sa.Text, sa.ForeignKey("run.run_key", name="night_run_key_fkey"), nullable=False),
        sa.Column("calmer_nights", sa.Integer, nullable=False),
        sa.Column("horizon_days", sa.Integer, nullable=False),
    )


def _episodes() -> None:
    op.create_table(
        "event",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("stream_id", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("body", JSONB, nullable=False),
        sa.Column("occurred_at", AT, nullable=False),
        sa.Column("known_at", AT, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("run_key", sa.Text, sa.ForeignKey("run.run_key", name="event_run_key_fkey")),
        sa.UniqueConstraint("stream_id", "seq", name="event_stream_id_seq_key"),
    )
    op.create_table(
        "episode",
        sa.Column("timeline", sa.Text, primary_key=True),
        sa.Column("episode_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("raised_on", sa.Date, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("calmer", ARRAY(sa.Text), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("resolved_on", sa.Date),
        sa.CheckConstraint("level in ('blue', 'yellow', 'orange', 'red')", name="episode_level_check"),
        sa.CheckConstraint(
            "state in ('raised', 'acknowledged', 'in_treatment', 'resolved')", name="episode_state_check"
        ),
        sa.CheckConstraint(
            "(state = 'resolved') = (outcome is not null) and (outcome is null) = (resolved_on is null)",
            name="episode_outcome_check",
        ),
    )
    op.create_index(
        "episode_one_open_per_account",
        "episode",
        ["timeline", "account_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'resolved'"),
    )
    op.create_index("episode_account_id", "episode", ["account_id"])


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("timeline", sa.Text, primary_key=True),
        sa.Column("notice_id", sa.Text, primary_key=True),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("total_amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("run_key", sa.Text, sa.ForeignKey("run.run_key", name="notice_run_key_fkey"), nullable=False),
        sa.Column("context", JSONB, nullable=False),
        sa.Column("html_sha256", sa.Text, nullable=False),
        sa.CheckConstraint("state in ('drafted')", name="notice_state_check"),
    )
    op.create_index("notice_account_id", "notice", ["account_id"])
    op.create_index("notice_run_key", "notice", ["run_key"])
    op.create_table(
        "rendering",
        sa.Column("timeline", sa.Text, primary_key=True),
        sa.Column("notice_id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["timeline", "notice_id"],
            ["notice.timeline", "notice.notice_id"],
            name="rendering_timeline_notice_id_fkey",
            ondelete="CASCADE",
        ),
    )


def _append_only(table: str) -> None:
    """The trigger fires always, so that a replication role does not get past it either."""
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
