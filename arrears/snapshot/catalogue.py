"""The feature catalogue: what each feature is called, where it comes from, and what it means."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from arrears import dated

ONCE = ("customer_facts",)
"""The SQL files that are worked out for all customers at once, before any bucket of accounts."""

OF_A_STATE = (
    "bill_issued",
    "payment_made",
    "adjustment_booked",
    "bill_axis",
    "payment_axis",
    "allocation",
    "written_off_bill",
    "use_month",
    "use_level",
)
"""Those that look at what is known of an account's money, and at no day but as-of's month: what they say holds for all nights
of a month on which the same is known."""

OF_A_BUCKET = (
    "account_number",
    "cohort",
    *OF_A_STATE,
    "contested_bill",
    "owner_facts",
    "debt",
    "bill_outcome",
    "late_streak",
    "unpaid_months",
    "payment_behaviour",
    "money_behaviour",
    "payment_habit",
    "arrangements",
    "holds",
    "adjustments",
    "security_held",
    "consumption",
    "exposure",
    "meter_number",
    "reading_taken",
    "register_use",
    "profile_use",
    "daily_use",
    "metering",
    "load",
    "integrity",
    "protections",
    "quarantine",
    "own_features",
)
"""Those that look at one account at a time, and so at one bucket of them."""

ACROSS_ACCOUNTS = ("linked_accounts", "features")
"""Those that need `own_features` of all accounts; `features` can be made of one bucket's again."""

ORDER = (*ONCE, *OF_A_BUCKET, *ACROSS_ACCOUNTS)
"""The SQL files in the order in which they run: each reads `*_known` views and tables made before it."""

IDENTITY = ("account_id", "customer_id", "slot")
"""Columns of `features` that say which account it is; everything else is a declared feature."""


class Feature(BaseModel):
    """`direction` is the way in which risk grows; `role` risk may be scored, fact is for policy and people."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    group: Literal["attributes", "payment behaviour", "debt now", "use", "integrity"]
    role: Literal["risk", "fact"]
    unit: str
    direction: Literal["more", "less", "none"]
    sql: str
    zh: str
    en: str

    @property
    def protects(self) -> bool:
        """True for what bars harm: it may never raise risk, so neither a card nor a warning level may read it."""
        return self.sql == "protections"

    def label(self, language: str) -> str:
        """The label in `zh-CN` or, for any other language, in English."""
        return self.zh if language == "zh-CN" else self.en


class Change(BaseModel):
    """Something that a customer can do, and the features that become better by it. `clears`: so that nothing is left of
    them, and they have no value any more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    clears: bool = False
    zh: str
    en: str
    features: tuple[str, ...] = Field(min_length=1)

    def label(self, language: str) -> str:
        """What to do, in `zh-CN` or, for any other language, in English."""
        return self.zh if language == "zh-CN" else self.en


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All features by name, in the order of the file, and what a customer can change about some of them."""

    features: dict[str, Feature]
    changes: tuple[Change, ...] = ()

    def changeable(self) -> dict[str, str]:
        """Features that a customer can change, and which way they go: up, down, or clear."""
        ways = {"more": "down", "less": "up"}
        return {
            name: "clear" if change.clears else ways[self.features[name].direction]
            for change in self.changes
            for name in change.features
        }

    def labels(self) -> dict[str, tuple[str, str]]:
        """Name to (zh, en)."""
        return {feature.name: (feature.zh, feature.en) for feature in self.features.values()}


class _CatalogueFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    features: list[Feature] = Field(min_length=1)
    changes: list[Change] = []


@cache
def load_catalogue(sql_folder: Path) -> Catalogue:
    """Read `features/catalogue.yaml`; PolicyError with the line of an unknown key, a double name, a SQL file that is
    not run."""
    file, where = dated.load(sql_folder / "features" / "catalogue.yaml", _CatalogueFile)
    features: dict[str, Feature] = {}
    for position, feature in enumerate(file.features):
        if feature.name in features:
            raise where.refuse(f"feature {feature.name} is declared twice", "features", position, "name")
        if feature.sql not in ORDER:
            raise where.refuse(
                f"feature {feature.name} names {feature.sql}.sql, which is not run", "features", position, "sql"
            )
        features[feature.name] = feature
    _check_changes(file.changes, features, where)
    return Catalogue(features, tuple(file.changes))


def _check_changes(changes: list[Change], features: dict[str, Feature], where: dated.Dated) -> None:
    seen: set[str] = set()
    for position, change in enumerate(changes):
        for place, name in enumerate(change.features):
            here = ("changes", position, "features", place)
            if name not in features or features[name].direction == "none":
                raise where.refuse(f"{change.id}: {name} is not a feature of which more or less is better", *here)
            if name in seen:
                raise where.refuse(f"{change.id}: {name} is changed by something else already", *here)
            seen.add(name)
