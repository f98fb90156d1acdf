"""Notices of cases of the law in the outbox: what was delivered and counts, what may not leave any more, what came back."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text

from arrears.casebook import outbox
from arrears.domain.delivery import Act, Way
from arrears.domain.law.case import Step
from arrears.domain.law.record import STREAM, Answered, Entry, Stepped
from arrears.domain.notice import NoticeKind, SubjectType

STEP_OF: Mapping[NoticeKind, Step] = {NoticeKind.STOP_NOTICE: Step.NOTICE, NoticeKind.STOP_RENOTICE: Step.RENOTICE}
"""The step of a case that is done when a notice of the kind has arrived."""

_ENDS: Mapping[Step, tuple[NoticeKind, ...]] = {
    Step.PROPOSE: tuple(STEP_OF),
    Step.REFUSE: tuple(STEP_OF),
    Step.CANCEL: tuple(STEP_OF),
    Step.CUT: tuple(STEP_OF),
    Step.NOTICE: tuple(STEP_OF),
    Step.RENOTICE: (NoticeKind.STOP_RENOTICE,),
}
"""What must not leave any more once a step was done."""

_ARRIVED = """
SELECT n.notice_id, n.account_id, n.kind, n.subject_id, n.step, n.context, d.way, d.attempt, d.ended_at, d.reference
FROM notice AS n
JOIN delivery AS d ON d.notice_id = n.notice_id AND d.state = 'delivered'
JOIN law_case AS c ON c.case_id = n.subject_id AND c.state IN ('approved', 'notice_served', 'renotified')
WHERE n.timeline = 'live' AND n.state = 'delivered' AND n.kind IN :kinds AND n.subject_type = 'case' AND d.ended_at <= :until
    AND NOT EXISTS (
        SELECT FROM event AS e
        WHERE e.stream_id = :stream || c.case_id AND e.type IN ('law_notice', 'law_renotice')
            AND starts_with(e.body -> 'entry' ->> 'proof', 'notice ' || n.notice_id)
    )
ORDER BY d.ended_at, n.notice_id"""

_WAITING = """
SELECT n.notice_id, n.account_id, n.kind, n.subject_id, n.step, n.context, NULL AS way, NULL AS attempt, NULL AS ended_at,
    NULL AS reference
FROM notice AS n
WHERE n.timeline = 'live' AND n.notice_id IN :ids AND n.kind IN :kinds AND n.subject_type = 'case'
ORDER BY n.notice_id"""

_CAME_BACK = """
SELECT DISTINCT n.subject_id
FROM notice AS n
JOIN event AS e ON e.stream_id = :stream || n.subject_id AND e.type = 'law_notice'
    AND starts_with(e.body -> 'entry' ->> 'proof', 'notice ' || n.notice_id)
WHERE n.timeline = 'live' AND n.kind = 'stop_notice' AND n.subject_id IN :cases AND n.state <> 'delivered'
    AND NOT EXISTS (
        SELECT FROM event AS later WHERE later.stream_id = e.stream_id AND later.type = 'law_notice' AND later.seq > e.seq
    )"""


@dataclass(frozen=True, slots=True)
class CaseNotice:
    """A notice of a case. `serve_by`: the last day on which it counts when it arrives; `stop_at`: the earliest stop that it
    names. How it arrived is None of what has not."""

    notice_id: str
    account_id: str
    case_id: str
    kind: NoticeKind
    step: str
    serve_by: dt.date | None
    stop_at: dt.datetime | None
    way: Way | None
    attempt: int | None
    at: dt.datetime | None
    reference: str | None

    @property
    def proof(self) -> str:
        """By which the case keeps it; it begins with the notice's id."""
        how = f"{self.way.value} {self.attempt}" if self.way else "-"
        return f"notice {self.notice_id}, delivery {how}" + (f", {self.reference}" if self.reference else "")


def arrived(connection: Connection, until: dt.datetime) -> list[CaseNotice]:
    """Delivered by then, of a case that waits for it or has it, and no part of the case yet; the first to arrive first."""
    return _read(connection, _ARRIVED, {"until": until, "stream": STREAM})


def of_cases(connection: Connection, notice_ids: Collection[str]) -> list[CaseNotice]:
    """Those of these notices that stop a supply."""
    return _read(connection, _WAITING, {"ids": sorted(notice_ids)}, "ids") if notice_ids else []


def came_back(connection: Connection, case_ids: Collection[str]) -> set[str]:
    """Cases whose notice was served by a delivery that came back since."""
    if not case_ids:
        return set()
    query = text(_CAME_BACK).bindparams(bindparam("cases", expanding=True))
    return set(connection.execute(query, {"stream": STREAM, "cases": sorted(case_ids)}).scalars())


def stop_announced(connection: Connection, case_id: str) -> dt.datetime | None:
    """The earliest stop that the delivered notice names; None: none was delivered."""
    query = text(
        "SELECT max(context ->> 'stop_from_at') FROM notice "
        "WHERE timeline = 'live' AND kind = 'stop_notice' AND subject_id = :case AND state = 'delivered'"
    )
    return _instant(connection.execute(query, {"case": case_id}).scalar())


def withdraw(connection: Connection, case_id: str, account_id: str, entry: Entry, at: dt.datetime, actor: str) -> None:
    """What the entry makes untrue, and has not left, is withdrawn."""
    if isinstance(entry, Stepped):
        kinds, why = _ENDS.get(entry.done.step, ()), f"the case was changed: {entry.done.step.value}"
    elif isinstance(entry, Answered):
        kinds, why = (NoticeKind.STOP_RENOTICE,), f"the order to the field was answered: {entry.answer.value}"
    else:
        return
    if not kinds:
        return
    query = text(
        "SELECT notice_id FROM notice WHERE timeline = 'live' AND account_id = :account AND subject_type = :type "
        "AND subject_id = :case AND kind IN :kinds AND state IN ('drafted', 'released') ORDER BY notice_id"
    ).bindparams(bindparam("kinds", expanding=True))
    values = {"account": account_id, "type": SubjectType.CASE.value, "case": case_id}
    found = connection.execute(query, values | {"kinds": [each.value for each in kinds]}).scalars().all()
    outbox.end_in(connection, Act.WITHDRAW, dict.fromkeys(found, f"{outbox.SUPERSEDED}: {why}"), at, actor)


def _read(connection: Connection, sql: str, values: Mapping[str, Any], *expanding: str) -> list[CaseNotice]:
    query = text(sql).bindparams(*(bindparam(name, expanding=True) for name in ("kinds", *expanding)))
    rows: Sequence[Row[Any]] = connection.execute(query, {**values, "kinds": [each.value for each in STEP_OF]}).all()
    return [
        CaseNotice(
            notice_id=row.notice_id,
            account_id=row.account_id,
            case_id=row.subject_id,
            kind=NoticeKind(row.kind),
            step=row.step,
            serve_by=dt.date.fromisoformat(row.context["serve_by_on"]) if row.context.get("serve_by_on") else None,
            stop_at=_instant(row.context.get("stop_from_at")),
            way=Way(row.way) if row.way else None,
            attempt=row.attempt,
            at=row.ended_at,
            reference=row.reference,
        )
        for row in rows
    ]


def _instant(said: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(said) if said else None
