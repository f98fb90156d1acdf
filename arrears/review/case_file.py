"""One account as its page shows it: who and where, why it is warned of, what it owes, what is proposed, what the law lets be
done, and everything that was done about it. It changes nothing."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from arrears.casebook.approvals import Asked
from arrears.casebook.decisions import Recorded
from arrears.domain.approval import ApprovalRules
from arrears.domain.decision import hurts
from arrears.domain.law.case import Measure
from arrears.domain.run import Run
from arrears.errors import ArrearsError
from arrears.policy.axes import AXES, LEVEL
from arrears.review import lawful
from arrears.review.case_history import Entry, history
from arrears.review.case_live import Live, live
from arrears.review.case_owed import Owed, owed
from arrears.review.case_rows import CaseNight, Row, judged_in
from arrears.review.cases import Case
from arrears.review.explanation import Explanation, explained
from arrears.review.law_facts import Known, known_in
from arrears.review.lawful import LawDesk, Why
from arrears.snapshot.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Linked:
    """Another open account of the same customer, as the night knows it."""

    account_id: str
    district: str
    open_amount: Decimal
    overdue_amount: Decimal
    level: str | None
    grade: str


@dataclass(frozen=True, slots=True)
class Who:
    """`linked` are those that owe the most; `linked_accounts` counts all others. `protections` are in force tonight."""

    account_id: str
    customer_id: str
    customer_name: str | None
    customer_kind: str | None
    address: str | None
    postcode: str | None
    district: str
    voltage_class: str | None
    tariff: str | None
    opened_on: dt.date
    closed_on: dt.date | None
    protections: tuple[str, ...]
    linked: tuple[Linked, ...]
    linked_accounts: int
    linked_open_amount: Decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """A step of the waterfall: what a feature costs of the most that it could bring; `value` as looked at."""

    name: str
    label: str
    value: object
    lost: Decimal


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From `most`, the points that nobody can have more of, down to the account's own: `pieces`, the costliest first, then what
    all the `others` cost together."""

    most: Decimal
    pieces: tuple[Piece, ...]
    others: Decimal
    points: Decimal


@dataclass(frozen=True, slots=True)
class Proposed:
    """An axis: what the night says (`value`, `rule`, `reason`), and how the kept decision stands, if one was ever kept.
    `asked`: the request for a second person's approval that waits for this decision."""

    axis: str
    value: str | None
    terms: dict[str, object]
    rule: str
    reason: str
    standing: Recorded | None
    asked: Asked | None
    is_approved: bool
    needs_second: bool

    @property
    def hurts(self) -> bool:
        value = self.standing.decision.value if self.standing else self.value
        return value is not None and hurts(self.axis, value)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`why` is None of an account that is not open any more; `law` is None, and `law_unknown` says why, where nobody can say
    what may be done."""

    run: Run
    at: dt.datetime
    who: Who
    why: Explanation | None
    waterfall: Waterfall | None
    owed: Owed
    proposed: tuple[Proposed, ...]
    law: Why | None
    law_unknown: str
    live: Live
    history: tuple[Entry, ...]

    @property
    def case(self) -> Case | None:
        return self.live.case

    @property
    def waiting(self) -> tuple[Asked, ...]:
        """Requests for approval that nobody has answered."""
        return tuple(each for each in self.live.approvals if each.state == "waiting")


@dataclass(frozen=True, slots=True)
class Reading:
    """From what files of cases are made. `desk_of`: where the law is asked at an instant, given how accounts are known."""

    engine: Engine
    night: CaseNight
    catalogue: Catalogue
    zone: ZoneInfo
    desk_of: Callable[[dt.datetime], LawDesk]


def case_file(reading: Reading, row: Row, language: str, at: dt.datetime) -> CaseFile:
    """Of the account whose row the night gave. `language`: zh-CN or en."""
    night, account_id = reading.night, str(row["account_id"])
    found, judged = live(reading.engine, account_id), judged_in(row)
    why = explained(account_id, night.rules, judged, reading.catalogue, language) if judged else None
    law, rules, unknown = _law(reading, account_id, at)
    return CaseFile(
        run=night.run,
        at=at,
        who=who(row, night.run.as_of),
        why=why,
        waterfall=_waterfall(why) if why else None,
        owed=owed(row, night.run.as_of),
        proposed=tuple(_proposed(why, found, rules)),
        law=law,
        law_unknown=unknown,
        live=found,
        history=history(found, reading.zone, language),
    )


def who(row: Row, as_of: dt.date) -> Who:
    others = tuple(Linked(**each) for each in row["linked"] if each["account_id"] != row["account_id"])
    mine = next((each["open_amount"] for each in row["linked"] if each["account_id"] == row["account_id"]), Decimal(0))
    return Who(
        account_id=row["account_id"],
        customer_id=row["customer_id"],
        customer_name=row["customer_name"],
        customer_kind=row["customer_kind"],
        address=row["address"],
        postcode=row["postcode"],
        district=row["district"],
        voltage_class=row["voltage_class"],
        tariff=row["tariff"],
        opened_on=row["opened_on"],
        closed_on=row["closed_on"],
        protections=tuple(
            dict.fromkeys(
                each["kind"]
                for each in row["protections"]
                if each["valid_until_on"] is None or each["valid_until_on"] >= as_of
            )
        ),
        linked=others[:20],
        linked_accounts=max(0, (row["linked_accounts"] or 1) - 1),
        linked_open_amount=(row["linked_open_amount"] or Decimal(0)) - mine,
    )


def known_of(night: CaseNight, run: Run, accounts: Iterable[str]) -> dict[str, Known]:
    """Accounts for `LawDesk`, from what the night keeps for pages."""
    rows = {account_id: night.row(account_id) for account_id in accounts}
    return {account_id: known_in(row, run) for account_id, row in rows.items() if row is not None}


PIECES = 7
"""Steps of a waterfall that are shown one by one."""


def _waterfall(why: Explanation) -> Waterfall:
    points: Decimal = why.signal["points"]
    costly = why.costly
    shown, rest = costly[:PIECES], costly[PIECES:]
    lost = sum((each.best - each.points for each in costly), Decimal(0))
    return Waterfall(
        most=points + lost,
        pieces=tuple(Piece(each.name, each.label, each.value, each.best - each.points) for each in shown),
        others=sum((each.best - each.points for each in rest), Decimal(0)),
        points=points,
    )


def _law(reading: Reading, account_id: str, at: dt.datetime) -> tuple[Why | None, ApprovalRules | None, str]:
    try:
        desk = reading.desk_of(at)
    except ArrearsError as error:
        return None, None, str(error)
    try:
        return lawful.why(desk, account_id, Measure.DISCONNECTION), desk.rules, ""
    except ArrearsError as error:
        return None, desk.rules, str(error)


def _proposed(why: Explanation | None, found: Live, rules: ApprovalRules | None) -> Iterable[Proposed]:
    tonight = {each.axis: each for each in why.decided} if why else {}
    for axis in (LEVEL, *AXES):
        said, standing = tonight.get(axis), found.standing(axis)
        value = standing.decision.value if standing else said.value if said else None
        of_this = [
            each for each in found.approvals if standing and each.request.subject.subject_id == standing.decision_id
        ]
        yield Proposed(
            axis=axis,
            value=said.value if said else None,
            terms=dict(said.terms) if said else {},
            rule=said.rule if said else "",
            reason=said.reason if said else "",
            standing=standing,
            asked=next((each for each in of_this if each.state == "waiting"), None),
            is_approved=bool(of_this) and of_this[-1].state == "approved",
            needs_second=rules is not None and value in rules.confirmed_by_two,
        )
