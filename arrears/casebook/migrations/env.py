"""Alembic runs this with the connection that `open_casebook` hands it; there is no offline mode."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="casebook_version")
with context.begin_transaction():
    context.run_migrations()
