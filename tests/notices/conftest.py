from tests.casebook.conftest import engine, migrations, source, url

__all__ = ["engine", "migrations", "source", "url"]
