"""A night as it was against the same night as restated: which accounts differ, and which facts that became known in between
say why."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.lake.lake import Lake
from arrears.review.late_facts import FactsOf, LateFact, late_facts
from arrears.settings import Settings

CHANGES = ("raised", "up", "down", "cleared", "joined", "left", "same_level")
"""What became of an account's warning, the most important first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One version of a night."""

    accounts: int
    warned: int
    in_collection: int
    open_amount: Decimal
    overdue_amount: Decimal
    expected_loss_amount: Decimal


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One account on one night; None where it was not among the open accounts of that version. Reasons are feature names
    with a blank between them."""

    account_id: str
    customer_id: str
    district: str
    change: str
    level_before: str | None
    level_after: str | None
    level_rule_before: str | None
    level_rule_after: str | None
    is_in_collection_before: bool | None
    is_in_collection_after: bool | None
    grade_before: str | None
    grade_after: str | None
    points_before: Decimal | None
    points_after: Decimal | None
    open_amount_before: Decimal | None
    open_amount_after: Decimal | None
    overdue_amount_before: Decimal | None
    overdue_amount_after: Decimal | None
    expected_loss_amount_before: Decimal | None
    expected_loss_amount_after: Decimal | None
    reasons_before: str
    reasons_after: str

    @property
    def expected_loss_change(self) -> Decimal:
        """What the expected loss grew by."""
        return (self.expected_loss_amount_after or Decimal(0)) - (self.expected_loss_amount_before or Decimal(0))


@dataclass(frozen=True, slots=True)
class RestatedNight:
    """One night: its two runs as they were made, its figures, and every account that differs, the largest change of
    expected loss first. `facts` holds, by account, what became known too late for the night."""

    before_run: Run
    after_run: Run
    before: Figures
    after: Figures
    accounts: tuple[AccountChange, ...]
    facts: FactsOf

    @property
    def has_other_rules(self) -> bool:
        """Whether code, policy or card differ too, so that facts alone do not explain the difference."""
        one, two = self.before_run, self.after_run
        return (one.policy_version, one.card_version, one.code_version) != (
            two.policy_version,
            two.card_version,
            two.code_version,
        )

    def count(self, change: str) -> int:
        """Accounts of which that became."""
        return Counter(each.change for each in self.accounts)[change]

    def why(self, account_id: str) -> tuple[LateFact, ...]:
        """The facts of an account that the night did not know; none where rules or another account made the difference."""
        return self.facts.get(account_id, ())


def compare(lake: Lake, settings: Settings, pairs: Sequence[tuple[Run, Run]]) -> list[RestatedNight]:
    """Of each pair (the run as it was, the run as restated) what differs and why. All restated runs have one known-at."""
    queries = [
        (settings.sql / "reports" / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("restated_night", "restated_accounts")
    ]
    found = []
    for before, after in pairs:
        with engine.reading(lake.stage("signals", before).files, "before_signal") as con:
            files = [str(path) for path in lake.stage("signals", after).files]
            con.read_parquet(files, hive_partitioning=False).create_view("after_signal")
            figures, accounts = (engine.execute(con, query).fetchall() for query in queries)
        one, two = (Figures(*row[1:]) for row in figures)
        found.append((before, after, one, two, tuple(AccountChange(*row) for row in accounts)))
    customers = {each.account_id: each.customer_id for *_, accounts in found for each in accounts}
    facts = late_facts(lake, settings, pairs, customers)
    return [RestatedNight(*each, facts[each[0].as_of]) for each in found]
