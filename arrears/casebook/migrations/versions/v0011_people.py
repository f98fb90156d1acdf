"""Those who work here: accounts, sessions, attempts to sign in, and what of customers they looked at."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _person()
    _session()
    _looked()


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("districts", ARRAY(sa.Text)),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "issuer = 'local' or (password_hash is null and not must_change_password)", name="person_password_check"
        ),
        sa.CheckConstraint(
            "roles <@ array['clerk', 'supervisor', 'credit_manager', 'director', 'operator', 'auditor']",
            name="person_roles_check",
        ),
        sa.CheckConstraint("language in ('zh-CN', 'en')", name="person_language_check"),
    )


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        _of_person("session"),
    )
    op.create_index("session_person", "session", ["issuer", "subject"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("attempt_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name_hash", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", AT, nullable=False),
    )
    op.create_index("sign_in_attempt_name_hash", "sign_in_attempt", ["name_hash", "at"])
    op.create_index("sign_in_attempt_address", "sign_in_attempt", ["address", "at"])


def _looked() -> None:
    op.create_table(
        "looked",
        sa.Column("looked_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("at", AT, nullable=False),
        _of_person("looked"),
    )
    op.create_index("looked_account_id", "looked", ["account_id", "looked_id"])
    op.create_index("looked_person", "looked", ["issuer", "subject", "looked_id"])
    op.execute(
        "CREATE TRIGGER looked_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON looked "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute("ALTER TABLE looked ENABLE ALWAYS TRIGGER looked_append_only")
    op.create_table(
        "list_seen",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("before_at", AT),
        _of_person("list_seen"),
    )


def _of_person(table: str) -> sa.ForeignKeyConstraint:
    name = f"{table}_issuer_subject_fkey"
    return sa.ForeignKeyConstraint(["issuer", "subject"], ["person.issuer", "person.subject"], name=name)


def downgrade() -> None:
    for table in ("list_seen", "looked", "sign_in_attempt", "session", "person"):
        op.drop_table(table)
