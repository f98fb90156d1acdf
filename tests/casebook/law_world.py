"""A small place with a casebook: accounts whose books a test changes by hand, live nights, and people at desks."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert

from arrears.casebook import store, tables
from arrears.domain.decision import decision_id
from arrears.domain.episode_fold import FoldRules
from arrears.domain.law.facts import CustomerKind, OpenBill
from arrears.domain.law.rules import Pack
from arrears.domain.run import Receipt, Run, RunKind
from arrears.policy.approvals import load_approvals
from arrears.review.law_facts import Known
from arrears.review.law_night import law
from arrears.review.lawful import LawDesk
from arrears.settings import ROOT
from tests.casebook.nights import run_of
from tests.domain.law.cases import pack

ZONE = ZoneInfo("Asia/Shanghai")
RULES = load_approvals(ROOT / "policy", dt.date(2026, 9, 1))
ACCOUNT = "A1"


def at(text: str) -> dt.datetime:
    """`09-01 10:00` of 2026, local."""
    return dt.datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).astimezone(dt.UTC)


def bill(bill_id: str, amount: str, due_on: dt.date = dt.date(2026, 7, 10)) -> OpenBill:
    return OpenBill(bill_id, due_on, Decimal(amount))


@dataclass
class World:
    """`books` say what each account owes; the latest night that had begun is what a desk knows it as of."""

    engine: Engine
    source: str
    law: Pack = field(default_factory=lambda: pack("cn"))
    books: dict[str, Known] = field(default_factory=dict)

    def owes(self, account_id: str = ACCOUNT, *bills: OpenBill, paid_on: dt.date | None = None) -> None:
        found = bills or (bill("b1", "500.00"),)
        on = {} if paid_on is None else {each.bill_id: paid_on for each in found}
        run = run_of(self.source, dt.date(2026, 9, 1))
        self.books[account_id] = Known(account_id, run, CustomerKind.RESIDENTIAL, "<1kV", "1 North Road", found, on)

    def desk(self, actor: str, when: str) -> LawDesk:
        return LawDesk(self.engine, self.source, f"local:{actor}", at(when), self.law, RULES, self.known_of)

    def known_of(self, run: Run, accounts: Iterable[str]) -> Mapping[str, Known]:
        return {each: replace(self.books[each], run=run) for each in accounts if each in self.books}

    def fold(self, day: str, kind: RunKind = RunKind.NIGHTLY) -> Run:
        """A night of the day `09-01`."""
        run = run_of(self.source, dt.date.fromisoformat(f"2026-{day}"), kind)
        with self.engine.begin() as connection:
            store.write_night(connection, tables.LIVE if kind is RunKind.NIGHTLY else "shadow", run, FoldRules())
        return run

    def wants(self, run: Run, account_id: str = ACCOUNT) -> None:
        """The policy proposes disconnection."""
        with self.engine.begin() as connection:
            connection.execute(
                insert(tables.decision).values(
                    timeline=tables.LIVE, account_id=account_id, axis="treatment", as_of=run.as_of,
                    decision_id=decision_id(account_id, "treatment", run.as_of), value="disconnection", terms={},
                    rule="r", policy_version="p", card_version="c", looked_at={}, is_held_out=False, run_key=run.run_key,
                )
            )  # fmt: skip

    def night(self, day: str) -> Receipt:
        """The stage of a live night."""
        return self.stage(self.fold(day))

    def stage(self, run: Run) -> Receipt:
        desk = LawDesk(self.engine, self.source, "run", run.known_at, self.law, RULES, self.known_of)
        return law(run, lambda: desk, self.engine)
