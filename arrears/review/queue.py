"""The queue of what waits for a second person: who may answer it, and what an answer does. What a case of the law asks for
is answered in the case, which goes on or ends by it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from arrears.casebook import law_cases
from arrears.casebook.approvals import Asked
from arrears.domain.approval import Approval, Person, Verdict, Waiting
from arrears.domain.law.case import Measure
from arrears.domain.law.record import Record
from arrears.errors import ArrearsError, UsageError
from arrears.review import approvals, lawful
from arrears.review.lawful import LawDesk


def hindrance(asked: Asked, state: Waiting, person: Person) -> str | None:
    """Why the person cannot answer it: `own`, `right` or `lapsed`; None: she can."""
    if asked.request.asked_by == person.name:
        return "own"
    if state.is_lapsed:
        return "lapsed"
    return None if state.rights & person.rights else "right"


def case_of(connection: Connection, asked: Asked) -> Record | None:
    """The open case of the law that asks, if one does."""
    subject = asked.request.subject
    for measure in Measure:
        record = law_cases.standing(connection, subject.account_id, measure)
        if record is not None and record.case.case_id == subject.subject_id:
            return record
    return None


def answer(
    desk: LawDesk, found: Sequence[Asked], person: Person, verdict: Verdict, why: str
) -> Mapping[str, ArrearsError | None]:
    """Each by itself, as the person read it: by request None, or why that one could not be answered."""
    with desk.engine.connect() as connection:
        records = {each.request.request_id: case_of(connection, each) for each in found}
    plain = [each for each in found if records[each.request.request_id] is None]
    given = approvals.answer(desk.engine, plain, person, verdict, why, desk.rules, desk.at) if plain else {}
    told: dict[str, ArrearsError | None] = {
        name: None if isinstance(said, Approval) else said for name, said in given.items()
    }
    act = lawful.approve if verdict is Verdict.APPROVED else lawful.refuse
    for name, record in records.items():
        if record is not None:
            try:
                act(desk, record.case.case_id, person.rights, why, record.seq)
                told[name] = None
            except ArrearsError as refused:
                told[name] = refused
    for each in found:
        told.setdefault(each.request.request_id, UsageError("it was answered meanwhile; look again"))
    return told
