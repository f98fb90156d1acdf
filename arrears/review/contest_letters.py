"""Answers to contests as notices: what the customer said, what was found and why, and what follows."""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Connection, select

from arrears.casebook import contests, tables
from arrears.casebook.contests import TakenIn
from arrears.domain.contest import ContestState, Finding
from arrears.domain.money import ZERO
from arrears.domain.notice import NoticeKind, SubjectType
from arrears.domain.run import Run
from arrears.notices import compose
from arrears.notices.candidates import Candidate
from arrears.notices.compose import Answered
from arrears.review.axis_words import AXES

_CASE = ("停电程序", "the stop of supply")


def answers(connection: Connection, run: Run) -> list[Candidate]:
    """One for each contest that was answered before the night began, in order of account. Nobody is held out of an answer."""
    found = [
        each
        for each in contests.taken_in(connection, is_open=False)
        if each.contest.state is ContestState.ANSWERED
        and each.contest.closed_at is not None
        and each.contest.closed_at <= run.known_at
    ]
    axes = _axes(connection, [each.contest.subject_id for each in found])
    told = [
        _candidate(each, AXES[axes[about]] if (about := each.contest.subject_id) in axes else _CASE) for each in found
    ]
    return sorted(told, key=lambda each: (each.account_id, each.subject_id))


def _candidate(taken: TakenIn, about: tuple[str, str]) -> Candidate:
    contest = taken.contest
    said = Answered(about, taken.complaint, contest.opened_at, contest.finding or Finding.REJECTED, contest.why)
    return Candidate(
        account_id=contest.account_id,
        kind=NoticeKind.DECISION,
        subject_type=SubjectType.CONTEST,
        subject_id=contest.contest_id,
        amount=ZERO,
        owed=None,
        write=partial(compose.answer, answered=said),
    )


def _axes(connection: Connection, subjects: Sequence[str]) -> dict[str, str]:
    """Of contested decisions their axis; what is no decision is a case."""
    d = tables.decision.c
    query = select(d.decision_id, d.axis).where(d.timeline == tables.LIVE, d.decision_id.in_(subjects))
    return {row.decision_id: row.axis for row in connection.execute(query)}
