"""What was drafted before about the same things, and what became of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from arrears.casebook.outbox import SUPERSEDED
from arrears.casebook.outbox_moves import STREAM, TYPE
from arrears.domain.delivery import Act, State
from arrears.domain.notice import COPY, NoticeKind

About = tuple[str, NoticeKind, str, str]
"""Account, kind, and what type of which subject."""

_QUERY = """
SELECT n.account_id, n.kind, n.subject_type, n.subject_id, n.step, n.state,
    n.state = 'withdrawn' AND EXISTS (
        SELECT FROM event AS e
        WHERE e.stream_id = :stream || n.notice_id AND e.type = :withdrawn AND starts_with(e.body ->> 'why', :superseded)
    ) AS is_superseded,
    (
        SELECT max(d.ended_at) FROM delivery AS d
        WHERE d.notice_id = n.notice_id AND d.state IN ('sent', 'delivered') AND n.timeline = 'live'
    ) AS left_at
FROM notice AS n
WHERE n.timeline = :timeline AND n.account_id = ANY(:accounts) AND n.subject_id = ANY(:subjects)
    AND position(:copy IN n.step) = 0
ORDER BY n.account_id, n.kind, n.notice_id"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """`left_at`: when it left, should it have. `is_superseded`: withdrawn, and may be due again."""

    step: str
    state: State
    is_superseded: bool
    left_at: dt.datetime | None


def drafted(
    connection: Connection, timeline: str, accounts: Collection[str], subjects: Collection[str]
) -> Mapping[About, Sequence[Drafted]]:
    """Notices to these accounts about these subjects, without copies."""
    values = {
        "timeline": timeline,
        "accounts": sorted(set(accounts)),
        "subjects": sorted(set(subjects)),
        "stream": STREAM,
        "withdrawn": TYPE + Act.WITHDRAW.value,
        "superseded": SUPERSEDED,
        "copy": COPY,
    }
    found: dict[About, list[Drafted]] = defaultdict(list)
    for row in connection.execute(text(_QUERY), values):
        about = (row.account_id, NoticeKind(row.kind), row.subject_type, row.subject_id)
        found[about].append(Drafted(row.step, State(row.state), row.is_superseded, row.left_at))
    return found
