from tests.casebook.conftest import engine, migrated, source, url
from tests.cli.conftest import casebook_server, few_books, shared, stored

__all__ = ["casebook_server", "engine", "few_books", "migrated", "shared", "source", "stored", "url"]
