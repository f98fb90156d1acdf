"""The one place that writes the casebook. What takes a connection is a part of its caller's transaction."""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from psycopg import Connection as DriverConnection
from psycopg import sql
from sqlalchemy import Connection, Engine, Table, delete, exists, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from arrears.casebook import tables
from arrears.casebook.arrangements import Part, judged_part
from arrears.casebook.cards import STREAM as CARDS
from arrears.casebook.cards import Registered, register_of, registered
from arrears.casebook.decisions import reversed_runs
from arrears.casebook.quarantined import DROPPED, RELEASED, STREAM, Said
from arrears.casebook.read import REVERSED, RUN, receipt_of
from arrears.casebook.record import episode_row, event_body, event_type
from arrears.casebook.schema import lock
from arrears.casebook.worklist_tables import worklist, worklist_search
from arrears.domain.actor import Actor
from arrears.domain.decision import STREAM as DECISION_STREAM
from arrears.domain.decision import DecisionAct, DecisionEvent
from arrears.domain.episode import Episode
from arrears.domain.episode_events import Event
from arrears.domain.episode_fold import Change, FoldRules
from arrears.domain.identity import digest
from arrears.domain.notice import Channel, Notice, SubjectType
from arrears.domain.register import CardAct, CardEvent, Register
from arrears.domain.run import Receipt, Run
from arrears.errors import CasebookError, UsageError

BLOCK = 1 << 20
"""Bytes handed on at a time."""

MANY = 1000
"""Rows that are too many to wait for autovacuum with."""

CHANGING = [column.name for column in tables.episode.columns if column.name not in ("timeline", "episode_id")]


def record_run(engine: Engine, run: Run) -> int:
    """Says that this run is being tried, for the n-th time; returns n."""
    with engine.begin() as connection:
        _ensure_run(connection, run)
        counted = (
            update(tables.run)
            .where(tables.run.c.run_key == run.run_key)
            .values(attempts=tables.run.c.attempts + 1)
            .returning(tables.run.c.attempts)
        )
        return connection.execute(counted).scalar_one()


def finish_run(engine: Engine, run: Run) -> None:
    """Says that the run's last stage has ended well."""
    with engine.begin() as connection:
        connection.execute(update(tables.run).where(tables.run.c.run_key == run.run_key).values(finished_at=func.now()))


def record_receipt(engine: Engine, run: Run, receipt: Receipt) -> None:
    """Keeps a stage's receipt with its run; a later one of the same stage takes its place."""
    with engine.begin() as connection:
        write_receipt(connection, run, receipt)


def analyze_grown(connection: Connection) -> None:
    """Statistics of the tables to which this transaction has added many rows, and more than a tenth of what there was: until
    autovacuum comes, statements would be planned for tables as they were."""
    grown = text(
        "SELECT quote_ident(s.relname) FROM pg_stat_xact_user_tables AS s JOIN pg_class AS c ON c.oid = s.relid "
        "WHERE s.schemaname = current_schema() AND s.n_tup_ins > :many + greatest(c.reltuples, 0) / 10 ORDER BY 1"
    )
    for name in connection.execute(grown, {"many": MANY}).scalars().all():
        connection.execute(text(f"ANALYZE {name}"))


def write_receipt(connection: Connection, run: Run, receipt: Receipt) -> None:
    if receipt.run_key != run.run_key:
        raise CasebookError(f"a receipt of run {receipt.run_key} cannot be kept with run {run.run_key}")
    _ensure_run(connection, run)
    receipts = tables.run.c.receipts.op("||")(literal({receipt.stage: receipt.to_json()}, JSONB))
    connection.execute(update(tables.run).where(tables.run.c.run_key == run.run_key).values(receipts=receipts))


def write_night(connection: Connection, timeline: str, run: Run, rules: FoldRules) -> None:
    """Says that `run` is the timeline's night of its as-of; in a shadow it takes the place of an earlier one."""
    _ensure_run(connection, run)
    values = {"run_key": run.run_key, **asdict(rules)}
    row = insert(tables.night).values(timeline=timeline, as_of=run.as_of, **values)
    if timeline != tables.LIVE:
        row = row.on_conflict_do_update(index_elements=["timeline", "as_of"], set_=values)
    connection.execute(row)


def write_changes(
    connection: Connection, timeline: str, run: Run, changes: Sequence[Change], occurred_at: dt.datetime
) -> None:
    """The events of a night, and the episodes as they stand after it."""
    if timeline == tables.LIVE:
        rows = ((*_event_row(*change), occurred_at, run.known_at, RUN, run.run_key) for change in changes)
        _copy(connection, tables.event, rows)
        parts = [part for change in changes if (part := judged_part(*change))]
        append_parts(connection, parts, recorded_at=run.known_at, actor=RUN)
    _merge_latest(connection, timeline, changes)


def write_acts(connection: Connection, changes: Sequence[Change], at: dt.datetime, actor: Actor) -> None:
    """What a person did to live episodes, and the episodes as they stand after it."""
    _copy(connection, tables.event, ((*_event_row(*change), at, at, str(actor), None) for change in changes))
    _merge_latest(connection, tables.LIVE, changes)


def append_parts(connection: Connection, parts: Sequence[Part], *, recorded_at: dt.datetime, actor: str) -> None:
    """What was agreed, or became of it. The next pull brings it into the lake, and a version recorded no later than the one
    before it counts as recorded a microsecond after that."""
    c = tables.arrangement.c
    for part in parts:
        query = select(func.max(c.recorded_at)).filter_by(arrangement_id=part.arrangement_id, part_no=part.part_no)
        last = connection.execute(query).scalar()
        at = recorded_at if last is None else max(recorded_at, last + dt.timedelta(microseconds=1))
        connection.execute(insert(tables.arrangement).values(**asdict(part), recorded_at=at, actor=actor))


def write_reversal(
    connection: Connection, run_key: str, body: Mapping[str, Any], at: dt.datetime, actor: Actor
) -> None:
    """That a run was reversed: the one event of a stream of its own."""
    stream, text = REVERSED + run_key, json.dumps(body, ensure_ascii=False)
    row = (digest(stream, "1"), stream, 1, "run_reversed", text, at, at, str(actor), run_key)
    _copy(connection, tables.event, [row])


def clear_shadow(connection: Connection, timeline: str) -> None:
    """Forgets a shadow's episodes before they are folded anew; the live ones are out of reach."""
    _refuse_live(timeline)
    connection.execute(delete(tables.episode).where(tables.episode.c.timeline == timeline))


def clear_shadow_notices(connection: Connection, timeline: str, run: Run) -> None:
    """Forgets what this run drafted in a shadow, and what was drafted there for episodes and decisions that are no more."""
    _refuse_live(timeline)
    notice, episode, decision = tables.notice.c, tables.episode.c, tables.decision.c
    stale = notice.run_key == run.run_key
    for subject_type, subject, of in (
        (SubjectType.EPISODE, episode.episode_id, episode.timeline),
        (SubjectType.DECISION, decision.decision_id, decision.timeline),
    ):
        stands = exists().where(of == timeline, subject == notice.subject_id)
        stale |= (notice.subject_type == subject_type.value) & ~stands
    connection.execute(delete(tables.notice).where(notice.timeline == timeline, stale))


def write_notices(connection: Connection, timeline: str, run: Run, notices: Sequence[Notice]) -> None:
    """New drafts. A notice that is there already is an error, not an update."""
    _copy(connection, tables.notice, (_notice_row(timeline, run, notice) for notice in notices))
    renderings = (
        (timeline, notice_id, channel, notice.language, part.subject, body)
        for notice in notices
        for notice_id in (notice.notice_id,)
        for part in notice.renderings
        for channel, body in ((part.channel.value, part.body), (tables.MAIL_TEXT, part.text))
        if body is not None
    )
    _copy(connection, tables.rendering, renderings)


def write_worklist(
    connection: Connection, rows: Iterable[tuple[Any, ...]], searched: Iterable[tuple[Any, ...]]
) -> None:
    """The list of the latest live night, in the place of the one before, and what its accounts are found by; rows in the
    order of the tables' columns. `searched` is asked for when `rows` is spent."""
    for table, given in ((worklist, rows), (worklist_search, searched)):
        connection.execute(delete(table))
        _copy(connection, table, given)


def tidy_worklist(engine: Engine) -> None:
    """After the list was written: what lists are planned by, and what lets them be read from indexes alone."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) worklist, worklist_search, episode"))


def write_decisions(engine: Engine, decisions: Sequence[Said], occurred_at: dt.datetime) -> None:
    """Append what a person decided on rows in quarantine, all or none of it."""
    e = tables.event.c
    streams = {each.quarantine_id: STREAM + each.quarantine_id for each in decisions}
    with engine.begin() as connection:
        lock(connection, "quarantine")
        query = select(e.stream_id, func.max(e.seq)).where(e.stream_id.in_(streams.values())).group_by(e.stream_id)
        last = {stream: int(seq) for stream, seq in connection.execute(query).all()}
        rows = [_decision_row(each, streams[each.quarantine_id], last, occurred_at) for each in decisions]
        _copy(connection, tables.event, rows)


def _decision_row(said: Said, stream: str, last: dict[str, int], occurred_at: dt.datetime) -> tuple[Any, ...]:
    seq = last[stream] = last.get(stream, 0) + 1
    body = {"why": said.why, "corrections": dict(said.corrections), "waived_rules": list(said.waived_rules)}
    kind = DROPPED if said.is_dropped else RELEASED
    text = json.dumps(body, ensure_ascii=False)
    return digest(stream, str(seq)), stream, seq, kind, text, occurred_at, said.decided_at, said.actor, None


def write_card(engine: Engine, card: Registered, *, supersedes: bool) -> None:
    """Keep a card, and put it into the shadow; a challenger of the same name is retired when it `supersedes` those."""
    with engine.begin() as connection:
        lock(connection, CARDS)
        if connection.execute(select(tables.scorecard.c.version).filter_by(version=card.version)).first():
            raise UsageError(f"card {card.version} is registered already; `arrears scorecard show {card.version[:12]}`")
        before = register_of(connection).in_shadow() if supersedes else ()
        known = registered(connection)
        connection.execute(insert(tables.scorecard).values(**asdict(card)))
        said = partial(CardEvent, actor=card.fitted_by, occurred_at=card.registered_at)
        acts = [
            said(version, CardAct.RETIRED, why=f"superseded by {card.version}")
            for version in before
            if known[version].name == card.name
        ]
        acts += [said(card.version, act, why=card.why) for act in (CardAct.REGISTERED, CardAct.SHADOWED)]
        _append_card_events(connection, acts)


def write_card_event(engine: Engine, decide: Callable[[Connection, Register], CardEvent]) -> CardEvent:
    """Append what `decide` makes of the register as it stands, which nobody else changes meanwhile."""
    with engine.begin() as connection:
        lock(connection, CARDS)
        event = decide(connection, register_of(connection))
        _append_card_events(connection, [event])
        return event


def _append_card_events(connection: Connection, events: Sequence[CardEvent]) -> None:
    e = tables.event.c
    last = connection.execute(select(func.coalesce(func.max(e.seq), 0)).where(e.stream_id == CARDS)).scalar_one()
    rows = []
    for seq, event in enumerate(events, last + 1):
        body = {
            "version": event.version,
            "why": event.why,
            "report_sha256": event.report_sha256,
            "from_on": event.from_on and event.from_on.isoformat(),
            "restores": event.restores,
        }
        text = json.dumps(body, ensure_ascii=False)
        at = event.occurred_at
        rows.append((digest(CARDS, str(seq)), CARDS, seq, event.act.value, text, at, at, event.actor, None))
    _copy(connection, tables.event, rows)


def write_out_standing(connection: Connection, timeline: str, file: Path) -> None:
    """The latest decision of every account and axis that was not reversed as CSV: account_id, axis, value, rule."""
    query = sql.SQL(
        "COPY (SELECT DISTINCT ON (account_id, axis) account_id, axis, value, rule FROM decision "
        "WHERE timeline = {timeline} AND NOT (run_key = ANY({reversed}) AND EXISTS (SELECT FROM event "
        "WHERE stream_id = {stream} || decision_id AND type = {act})) "
        "ORDER BY account_id, axis, as_of DESC) TO STDOUT (FORMAT csv)"
    ).format(
        timeline=sql.Literal(timeline),
        reversed=sql.Literal(reversed_runs(connection) if timeline == tables.LIVE else [""]),
        stream=sql.Literal(DECISION_STREAM),
        act=sql.Literal(DecisionAct.REVERSE.value),
    )
    with file.open("wb") as out, _driver(connection).cursor() as cursor, cursor.copy(query) as copy:
        for block in copy:
            out.write(block)


def write_proposals(connection: Connection, file: Path) -> None:
    """The rows of a CSV file, in the order of the columns of `decision`."""
    statement = "COPY decision FROM STDIN (FORMAT csv)"
    with file.open("rb") as rows, _driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        while block := rows.read(BLOCK):
            copy.write(block)


def clear_shadow_decisions(connection: Connection, timeline: str, first: dt.date) -> None:
    """Forgets what a shadow proposed from this night on, before it is worked out anew."""
    _refuse_live(timeline)
    d = tables.decision.c
    connection.execute(delete(tables.decision).where(d.timeline == timeline, d.as_of >= first))


def write_decision_event(connection: Connection, decision_id: str, seq: int, event: DecisionEvent) -> None:
    """What a person did with a live proposal, as the `seq`-th act on it."""
    write_decision_events(connection, [(decision_id, seq, event)])


def write_decision_events(connection: Connection, events: Iterable[tuple[str, int, DecisionEvent]]) -> None:
    """The same of several: each with its decision and its place among the acts on it."""
    _copy(connection, tables.event, (_act_row(*each) for each in events))


def _act_row(decision_id: str, seq: int, event: DecisionEvent) -> tuple[Any, ...]:
    stream = DECISION_STREAM + decision_id
    body = {"why": event.why, "value": event.value, "terms": event.terms}
    text = json.dumps(body, ensure_ascii=False)
    return digest(stream, str(seq)), stream, seq, event.act.value, text, event.at, event.at, event.actor, None


def stored_receipt(engine: Engine, run: Run, stage: str) -> Receipt | None:
    """What the stage said when it last ended well for this run."""
    with engine.connect() as connection:
        return receipt_of(connection, run, stage)


def _refuse_live(timeline: str) -> None:
    if timeline == tables.LIVE:
        raise CasebookError("live episodes and notices are never cleared")


def _ensure_run(connection: Connection, run: Run) -> None:
    values = run.to_json() | {"run_key": run.run_key, "as_of": run.as_of, "known_at": run.known_at}
    connection.execute(insert(tables.run).values(**values).on_conflict_do_nothing())


def _event_row(event: Event, episode: Episode) -> tuple[Any, ...]:
    """The columns that differ from event to event."""
    event_id = digest(episode.episode_id, str(episode.seq))
    return event_id, episode.episode_id, episode.seq, event_type(event), json.dumps(event_body(event))


def _merge_latest(connection: Connection, timeline: str, changes: Sequence[Change]) -> None:
    latest = {episode.episode_id: episode for _, episode in changes}
    _merge_episodes(connection, [episode_row(timeline, episode) for episode in latest.values()])


def _notice_row(timeline: str, run: Run, notice: Notice) -> tuple[Any, ...]:
    return (
        timeline,
        notice.notice_id,
        notice.account_id,
        notice.kind.value,
        notice.subject_type.value,
        notice.subject_id,
        notice.step,
        notice.language,
        "drafted",
        notice.total_amount,
        run.run_key,
        json.dumps(notice.context, ensure_ascii=False),
        sha256(notice.body(Channel.EMAIL).encode()).hexdigest(),
    )


def _merge_episodes(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Known episodes first, and of those the ones that end, which make room for another of their account."""
    driver = _driver(connection)
    driver.execute("CREATE TEMP TABLE tonight (LIKE episode) ON COMMIT DROP")
    _copy_rows(driver, "tonight", tables.episode, rows)
    changing = sql.SQL(", ").join(sql.SQL("{0} = tonight.{0}").format(sql.Identifier(name)) for name in CHANGING)
    for ends in (True, False):
        query = (
            "UPDATE episode SET {} FROM tonight WHERE episode.timeline = tonight.timeline "
            "AND episode.episode_id = tonight.episode_id AND (tonight.state = 'resolved') = {}"
        )
        driver.execute(sql.SQL(query).format(changing, sql.Literal(ends)))
    driver.execute("INSERT INTO episode SELECT * FROM tonight ON CONFLICT (timeline, episode_id) DO NOTHING")
    driver.execute("DROP TABLE tonight")


def _copy(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    _copy_rows(_driver(connection), table.name, table, rows)


def _copy_rows(driver: DriverConnection, target: str, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(target), columns)
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def _driver(connection: Connection) -> DriverConnection:
    """Psycopg's own connection, inside the same transaction; SQLAlchemy has no COPY."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, DriverConnection):
        raise CasebookError("the casebook needs a postgresql+psycopg:// address")
    return driver
