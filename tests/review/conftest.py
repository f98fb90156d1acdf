from tests.casebook.conftest import engine, migrations, source, url
from tests.cli.conftest import casebook_server, few_books, shared, stored

__all__ = ["casebook_server", "engine", "few_books", "migrations", "shared", "source", "stored", "url"]
