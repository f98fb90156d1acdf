"""What people and nights did about one account, read from the casebook afresh, in one connection."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, text

from arrears.casebook import approvals, contests, decisions, holds, read
from arrears.casebook.approvals import Asked
from arrears.casebook.contests import TakenIn
from arrears.casebook.decisions import Recorded
from arrears.casebook.holds import Entered
from arrears.casebook.record import read_episode
from arrears.domain.episode import Episode
from arrears.review.cases import Case

_STREAMS = """
SELECT episode_id AS stream FROM episode WHERE timeline = 'live' AND account_id = :account
UNION ALL SELECT 'decision/' || decision_id FROM decision WHERE timeline = 'live' AND account_id = :account
UNION ALL SELECT 'hold/' || hold_id FROM hold WHERE account_id = :account
UNION ALL SELECT 'approval/' || request_id FROM approval WHERE account_id = :account
UNION ALL SELECT 'contest/' || contest_id FROM contest WHERE account_id = :account
UNION ALL SELECT 'law/' || case_id FROM law_case WHERE account_id = :account
UNION ALL SELECT 'request/' || request_id FROM request WHERE account_id = :account
UNION ALL SELECT 'notice/' || notice_id FROM notice WHERE timeline = 'live' AND account_id = :account"""
_EVENTS = (
    f"SELECT event.* FROM event JOIN ({_STREAMS}) AS named ON event.stream_id = named.stream ORDER BY stream_id, seq"
)
_EPISODES = "SELECT * FROM episode WHERE timeline = 'live' AND account_id = :account ORDER BY raised_on"
_NOTICES = """
SELECT notice.notice_id, notice.kind, notice.step, notice.language, notice.state, notice.total_amount, run.as_of, run.known_at
FROM notice JOIN run USING (run_key) WHERE notice.timeline = 'live' AND notice.account_id = :account
ORDER BY run.as_of DESC, notice.kind, notice.notice_id"""
_DELIVERIES = """
SELECT delivery.* FROM delivery JOIN notice USING (timeline, notice_id) WHERE notice.account_id = :account
ORDER BY notice_id, attempt"""
_REQUESTS = "SELECT request_id, kind, amount, state FROM request WHERE account_id = :account"


@dataclass(frozen=True, slots=True)
class Live:
    """`cases` oldest first, `events` by stream, `notices` newest first with their deliveries by id."""

    cases: tuple[Case, ...]
    decisions: tuple[Recorded, ...]
    holds: tuple[Entered, ...]
    approvals: tuple[Asked, ...]
    contests: tuple[TakenIn, ...]
    notices: Sequence[Row[Any]]
    deliveries: Mapping[str, Sequence[Row[Any]]]
    requests: Mapping[str, Row[Any]]
    events: Mapping[str, Sequence[Row[Any]]]

    @property
    def case(self) -> Case | None:
        """The open one, or the latest."""
        return next((each for each in self.cases if each.episode.is_open), self.cases[-1] if self.cases else None)

    def standing(self, axis: str) -> Recorded | None:
        """The latest decision on the axis."""
        return next((each for each in reversed(self.decisions) if each.proposal.axis == axis), None)


def live(engine: Engine, account_id: str) -> Live:
    """A thing without an event is not there: what the account has no stream of is not asked for."""
    given = {"account": account_id}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        events: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(text(_EVENTS), given):
            events[row.stream_id].append(row)
        kinds = {stream.partition("/")[0] for stream in events}
        episodes = [read_episode(row) for row in connection.execute(text(_EPISODES), given)]
        notices = connection.execute(text(_NOTICES), given).all()
        deliveries: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(text(_DELIVERIES), given) if notices else ():
            deliveries[row.notice_id].append(row)
        rows = connection.execute(text(_REQUESTS), given) if "request" in kinds else ()
        return Live(
            cases=tuple(_case(each, events[each.episode_id]) for each in episodes),
            decisions=tuple(decisions.of_account(connection, account_id)),
            holds=tuple(holds.entered(connection, account_id)) if "hold" in kinds else (),
            approvals=tuple(approvals.requests(connection, account_id=account_id)) if "approval" in kinds else (),
            contests=tuple(contests.taken_in(connection, account_id=account_id)) if "contest" in kinds else (),
            notices=notices,
            deliveries=deliveries,
            requests={row.request_id: row for row in rows},
            events=events,
        )


def _case(episode: Episode, rows: Sequence[Row[Any]]) -> Case:
    """What somebody else adds meanwhile is not yet part of it."""
    return Case(episode, tuple(read.stored_event(row) for row in rows if row.seq <= episode.seq))
