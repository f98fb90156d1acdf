from tests.casebook.conftest import engine, source, url
from tests.cli.conftest import casebook_server, few_books, shared, stored

__all__ = ["casebook_server", "engine", "few_books", "shared", "source", "stored", "url"]
