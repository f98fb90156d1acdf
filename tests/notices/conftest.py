from tests.casebook.conftest import engine, source, url

__all__ = ["engine", "source", "url"]
