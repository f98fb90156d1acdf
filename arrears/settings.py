"""Where this deployment keeps its state and how it is run. Values come from `arrears.toml`, then `ARREARS_*`."""

import datetime as dt
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from arrears.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: `sql/`, `policy/` and `templates/` lie beside the package."""


class Settings(BaseSettings):
    """Unknown keys in `arrears.toml` are errors."""

    model_config = SettingsConfigDict(
        env_prefix="ARREARS_", toml_file=ROOT / "arrears.toml", extra="forbid", frozen=True
    )

    state: Path = Field(default=ROOT / ".state", description="the one folder that holds everything a run makes")
    source: str = Field(default="demo", description="the source that commands use unless told otherwise")
    schedule_zone: str = Field(default="Asia/Shanghai", description="the zone in which the nightly schedule stands")
    business_day: dt.date | Literal["night"] | None = Field(
        default=None,
        description="the day on which people work in the review app, for trials: a date, or `night` for that of the latest "
        "night; none: today",
    )
    policy: Path = Field(default=ROOT / "policy", description="the credit manager's dated files")
    sql: Path = Field(default=ROOT / "sql", description="mappings, contract and features")
    templates: Path = Field(default=ROOT / "templates", description="notice templates")
    casebook_url: str | None = Field(
        default=None, description="PostgreSQL URL (postgresql+psycopg://…); none: the embedded server"
    )
    smtp_url: SecretStr | None = Field(
        default=None, description="where mails go: smtp://, smtp+starttls:// or smtps://user:password@host:port"
    )
    smtp_authorities: Path | None = Field(
        default=None, description="a PEM file of authorities that the mail server's certificate may be from"
    )
    mail_from: str | None = Field(default=None, description="who mails come from: Name <name@example.com>")
    sms_url: SecretStr | None = Field(
        default=None, description="the SMS gateway as an Apprise address, with {address} where the number goes"
    )
    chat_url: SecretStr | None = Field(default=None, description="the same for chats")
    print_folder: Path | None = Field(default=None, description="the print house's folder, which must exist")
    trial_folder: Path | None = Field(
        default=None, description="for trials: everything goes into this folder instead, and to nobody"
    )
    threads: int = Field(default=2, ge=1, description="threads the engine may use")
    memory: str = Field(
        default="1200MB",
        pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$",
        description="memory the engine may use before it spills to the state folder",
    )
    overlap_days: int = Field(
        default=3, ge=0, description="days before the last cut-off that a pull reads again, to find back-stamped rows"
    )
    quarantine_share: float = Field(
        default=0.01, ge=0, le=1, description="share of a table's rows set aside above which the night stops"
    )
    quarantine_rows: int = Field(
        default=10, ge=0, description="rows of a table that may be set aside in a night whatever their share"
    )
    deleted_share: float = Field(
        default=0.2, ge=0, le=1, description="share of a table's rows that may be found gone in a night before it stops"
    )
    catch_up_nights: int = Field(
        default=31,
        ge=0,
        description="missed nights that the schedule runs unasked before tonight's; more need a person",
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="minutes without a request after which a person signs in again"
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="hours after which a person signs in again whatever was done"
    )
    demo_from: dt.date = Field(default=dt.date(2022, 11, 1), description="first day of the demo utility's books")
    demo_until: dt.date = Field(default=dt.date(2026, 10, 31), description="last day of the demo utility's books")
    demo_accounts: int = Field(default=20_000, ge=1, description="accounts of the demo utility")

    @field_validator("state", "policy", "sql", "templates", "smtp_authorities", "print_folder", "trial_folder")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path if path is None or path.is_absolute() else ROOT / path

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - named by pydantic
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@cache
def settings() -> Settings:
    """The settings of this process, read once; UsageError with the first that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise UsageError(f"the setting {name} (ARREARS_{name.upper()}): {first['msg']}") from error
    except ValueError as error:  # of the file as a whole
        raise UsageError(f"arrears.toml: {error}") from error
