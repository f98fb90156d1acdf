from tests.cli.conftest import casebook_server, few_books, shared, stored

__all__ = ["casebook_server", "few_books", "shared", "stored"]
