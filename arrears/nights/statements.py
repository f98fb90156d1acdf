"""The annual credit statements of a year: a run of their own, by the newest live night; each account gets one, whatever is
killed or run again in between."""

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Engine

from arrears.casebook_stages import stationery_of
from arrears.deployment import lake_of, notices_folder
from arrears.domain.money import ZERO
from arrears.domain.notice import NoticeKind, SubjectType
from arrears.errors import UsageError
from arrears.nights.dispatch import newest_run
from arrears.notices.candidates import Candidate
from arrears.notices.compose_credit import Graded, credit_statement
from arrears.notices.draft import draft_beside
from arrears.notices.facts import open_facts
from arrears.review.statement import graded_of_night
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue


@dataclass(frozen=True, slots=True)
class Statements:
    """How many were drafted now, and how many had been before."""

    drafted: int
    there: int
    remarks: tuple[str, ...]


def draft_statements(source: str, engine: Engine, year: int) -> Statements:
    """By the grades of the newest live night, which must be of the year after."""
    run = newest_run(engine)
    if run is None:
        raise UsageError(f"{source}: no live night was folded yet")
    if run.as_of.year != year + 1:
        raise UsageError(
            f"{source}: the newest live night is of {run.as_of}; statements of {year} are drafted by a night of {year + 1}"
        )
    here, lake = settings(), lake_of(source)
    drafted = there = 0
    remarks: list[str] = []
    with lake.reading(), open_facts(run, here, lake) as facts_of:
        stationery = stationery_of(run)
        customers = stationery.sender.rules.statements.customers
        for bucket in graded_of_night(run, lake, load_catalogue(here.sql), customers):
            found = [_candidate(account_id, graded) for account_id, graded in bucket]
            receipt = draft_beside(run, found, facts_of, engine, stationery, notices_folder(source))
            drafted, there = drafted + receipt.rows_out, there + receipt.rows_repeated
            remarks += receipt.remarks
    return Statements(drafted, there, tuple(remarks))


def _candidate(account_id: str, graded: Graded) -> Candidate:
    return Candidate(
        account_id=account_id,
        kind=NoticeKind.CREDIT_STATEMENT,
        subject_type=SubjectType.YEAR,
        subject_id=str(graded.year),
        amount=ZERO,
        owed=None,
        write=partial(credit_statement, graded=graded),
    )
