from tests.casebook.conftest import casebook_server, engine, migrated, shared, source, url

__all__ = ["casebook_server", "engine", "migrated", "shared", "source", "url"]
