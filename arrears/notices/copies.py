"""A notice once more: a notice of its own, with the same words, marked as a copy on every channel."""

from pathlib import Path

from sqlalchemy import Connection, Engine, text

from arrears.casebook import store
from arrears.casebook.outbox_read import Listed
from arrears.casebook.schema import lock
from arrears.casebook.tables import LIVE
from arrears.domain.notice import COPY, Notice, NoticeKind, SubjectType
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.notices.kinds import read_context
from arrears.notices.render import NoticeTemplates


def copy(engine: Engine, run: Run, of: Listed, own: Path) -> str:
    """Draft the next copy of a notice, kept with the newest run; its id. UsageError for a copy: copy what it is one of."""
    if COPY in of.step:
        raise UsageError(f"notice {of.notice_id[:12]} is a copy itself; name the first one")
    with engine.begin() as connection:
        lock(connection, f"copies of {of.notice_id}")
        notice = _notice(connection, of, own)
        store.write_notices(connection, LIVE, run, [notice])
    return notice.notice_id


def _notice(connection: Connection, of: Listed, own: Path) -> Notice:
    query = text("SELECT subject_type, subject_id, context FROM notice WHERE timeline = 'live' AND notice_id = :id")
    row = connection.execute(query, {"id": of.notice_id}).one()
    count = text(
        "SELECT count(*) FROM notice WHERE timeline = 'live' AND account_id = :account AND kind = :kind "
        "AND subject_id = :subject AND starts_with(step, :step)"
    )
    before = f"{of.step}{COPY}"
    values = {"account": of.account_id, "kind": of.kind.value, "subject": row.subject_id, "step": before}
    number = connection.execute(count, values).scalar_one() + 1
    kind = NoticeKind(of.kind)
    return Notice(
        account_id=of.account_id,
        kind=kind,
        subject_type=SubjectType(row.subject_type),
        subject_id=row.subject_id,
        step=f"{before}{number}",
        language=of.language,
        total_amount=of.total_amount,
        context=row.context,
        renderings=NoticeTemplates(own, kind).render(read_context(kind, row.context), is_copy=True),
    )
