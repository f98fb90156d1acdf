"""The night: its runs and receipts, how fresh the sources are, what waits, nights that are missing, rows in quarantine."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from itertools import groupby

from fastapi import APIRouter
from starlette.responses import Response

from arrears.casebook.quarantined import said_by
from arrears.domain.people import Right
from arrears.domain.run import RunKind
from arrears.errors import PolicyError, StaleCaseError, UsageError
from arrears.lake.contract import TABLES
from arrears.pipeline import STAGES
from arrears.review import night_board, quarantine_acts
from arrears.review.freshness import Freshness, freshness
from arrears.review.night_board import money_of, rows_of
from arrears.review.quarantine_acts import Word
from arrears.review.quarantined import Aside, Quarantine, look
from arrears.web.asked import (
    Pages,
    asked,
    check_id,
    one_of,
    page_number,
    posted,
    posted_ids,
    posted_one_of,
    word,
)
from arrears.web.case_reading import law_now
from arrears.web.kept import KEPT
from arrears.web.visit import ForbiddenError, Here, MissingError, Visit

router = APIRouter()

SHOWN = 14
"""Runs on the board."""
ROWS = 50
"""Rows in quarantine on one page."""
STATES = ("waiting", "release", "drop", "dropped")
TABLES_CALLED = {"account": "account files", "hold": "holds"}
"""Tables whose names mean something else on other pages."""
SET = "set_"
"""Before a column's name: the field that corrects it."""


@router.get("/night")
def night(visit: Here) -> Response:
    visit.require(Right.READ_NIGHT)
    site, at = visit.site, visit.site.clock()
    kind = one_of(visit, "kind", [each.value for each in RunKind if each is not RunKind.DRY_RUN])
    key = asked(visit, "run")
    latest = site.night()
    with site.engine.connect() as connection:
        runs = night_board.runs(connection, STAGES, SHOWN, RunKind(kind) if kind else None)
        missing = night_board.missing(connection, site.today)
        shown = next((each for each in runs if each.run.run_key == key), None)
        if key is not None and shown is None:
            raise MissingError(visit.say("There is no such page, or none that you may see."))
        shown = shown or next(iter(runs), None)
        shadow = shown.kept.receipts.get("shadow") if shown else None
        challengers = night_board.challengers(connection, shadow)
        try:
            desk = law_now(visit)
            waits, unknown = night_board.waits(connection, desk.rules, desk.pack, at), None
        except PolicyError as error:
            waits, unknown = None, str(error)
    fresh: list[Freshness] = []
    if latest is not None:
        known_at = latest.known_at
        fresh = KEPT.get(("freshness", site.name, latest.run_key), lambda: freshness(site.lake, known_at))
    return visit.page(
        "night.html",
        runs=runs,
        shown=shown,
        kind=kind,
        kinds=[each.value for each in RunKind if each is not RunKind.DRY_RUN],
        missing=missing,
        challengers=challengers,
        waits=waits,
        unknown=unknown,
        fresh=fresh,
        late=[each for each in fresh if each.is_late],
        catch_up_nights=site.settings.catch_up_nights,
        aside=_sums(_quarantine(visit)),
        rows_of=rows_of,
        money_of=money_of,
        word=lambda value: word(visit, TABLES_CALLED.get(value, value)),
        long=lambda span: _span(visit, span),
    )


@router.get("/night/quarantine")
def quarantine(visit: Here) -> Response:
    _require_rows(visit)
    there = _quarantine(visit)
    table, state, rule = one_of(visit, "table", TABLES), one_of(visit, "state", STATES), asked(visit, "rule")
    found = [each for each in there.chosen(table, rule) if state in (None, each.state)]
    pages = Pages(page_number(visit), ROWS, len(found))
    if pages.number > pages.last:
        raise MissingError(visit.say("There is no such page, or none that you may see."))
    by_rule = sorted(found, key=lambda row: (row.table, row.rule))
    counts = [
        (name, of, rows, sum((each.money for each in rows if each.money is not None), Decimal(0)))
        for (name, of), group in groupby(by_rule, key=lambda row: (row.table, row.rule))
        for rows in (list(group),)
    ]
    return visit.page(
        "quarantine.html",
        there=there,
        rows=pages.cut(found),
        counts=sorted(counts, key=lambda each: (-len(each[2]), each[0], each[1])),
        pages=pages,
        chosen={"table": table, "state": state, "rule": rule},
        tables=sorted({each.table for each in there.rows}),
        states=STATES,
        aside=_sums(there),
        word=lambda value: word(visit, TABLES_CALLED.get(value, value)),
    )


@router.get("/night/quarantine/{quarantine_id}")
def quarantined_row(visit: Here, quarantine_id: str) -> Response:
    _require_rows(visit)
    there = _quarantine(visit)
    return _row_page(visit, there, _row(visit, there, quarantine_id))


@router.post("/night/quarantine/act")
def act(visit: Here) -> Response:
    """Release or drop the rows that are ticked; one row may be corrected as well. Told first (`step=preview`), then done."""
    visit.require(Right.QUARANTINE)
    there = _quarantine(visit)
    rows = [_row(visit, there, name) for name in posted_ids(visit)]
    wanted = posted_one_of(visit, "act", ("release", "drop"))
    corrections = _corrections(visit, rows[0]) if len(rows) == 1 and wanted == "release" else {}
    why, is_to_be_done = posted(visit, "why"), posted_one_of(visit, "step", ("preview", "do")) == "do"
    seen = _seen(rows)
    try:
        if is_to_be_done and posted(visit, "seen") != seen:
            raise StaleCaseError(visit.say("Somebody decided on these rows meanwhile. Look at them again."), [])
        said = Word(str(visit.person.actor), why or ("" if is_to_be_done else "?"), visit.site.clock())
        decisions = [
            quarantine_acts.dropped(each, said)
            if wanted == "drop"
            else quarantine_acts.released(there, each, said, corrections)
            for each in rows
        ]
        if is_to_be_done:
            quarantine_acts.keep(visit.site.engine, decisions, visit.site.clock())
    except (StaleCaseError, UsageError) as error:
        status = 409 if isinstance(error, StaleCaseError) else 422
        return _confirm(visit, rows, wanted, corrections, why, seen, problem=str(error), status=status)
    if not is_to_be_done:
        return _confirm(visit, rows, wanted, corrections, why, seen)
    told = (
        visit.say("{count} rows are dropped from the next pull on.", count=len(rows))
        if wanted == "drop"
        else visit.say("{count} rows are tried again at the next pull.", count=len(rows))
    )
    return visit.onward("/night/quarantine", told)


def _confirm(
    visit: Visit,
    rows: list[Aside],
    wanted: str,
    corrections: dict[str, str | None],
    why: str,
    seen: str,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    money = sum((each.money for each in rows if each.money is not None), Decimal(0))
    amount = visit.language.amount(money)
    if wanted == "drop":
        sentences = [
            visit.say("{count} rows over {money} are never tried again; they are kept, and can be released later.",
                      count=len(rows), money=amount),
            visit.say("Their money no longer bars demands and harmful treatment of the accounts that they name."),
        ]  # fmt: skip
    else:
        sentences = [
            visit.say("{count} rows over {money} are tried again at the next pull.", count=len(rows), money=amount)
        ]
        sentences += [
            visit.say("{column} is set to {value}.", column=column, value=value or visit.say("nothing"))
            for column, value in corrections.items()
        ]
        waived = Counter(each.rule for each in rows if each.column not in corrections)
        sentences += [
            visit.say("The rule {rule} is waived for {count} of them.", rule=rule, count=count)
            for rule, count in sorted(waived.items())
        ]
    hidden = [("act", wanted), ("seen", seen), *(("id", each.quarantine_id) for each in rows)]
    hidden += [(SET + column, value or "") for column, value in corrections.items()]
    return visit.page(
        "confirm.html",
        status=status,
        title=visit.say("Drop rows") if wanted == "drop" else visit.say("Release rows"),
        action="/night/quarantine/act",
        back="/night/quarantine" if len(rows) > 1 else f"/night/quarantine/{rows[0].quarantine_id}",
        sentences=sentences,
        lines=[f"{each.table} · {each.rule} · {each.account_id or '–'}" for each in rows],
        hidden=hidden,
        why=why,
        needs_why=True,
        button=visit.say("Drop") if wanted == "drop" else visit.say("Release"),
        is_grave=wanted == "drop",
        problem=problem,
    )


def _row_page(visit: Visit, there: Quarantine, row: Aside) -> Response:
    return visit.page(
        "quarantined_row.html",
        row=row,
        words=there.words_of(row),
        tag=visit.language.tag,
        word=lambda value: word(visit, TABLES_CALLED.get(value, value)),
        SET=SET,
    )


def _corrections(visit: Visit, row: Aside) -> dict[str, str | None]:
    """What the form holds of the row's columns that is not what the row says already; an empty field is an empty value."""
    found: dict[str, str | None] = {}
    before = {**row.given, **(row.said.corrections if row.said else {})}
    for name in visit.form:
        if name.startswith(SET):
            column, value = name.removeprefix(SET), posted(visit, name) or None
            if value != (before.get(column) or None):
                found[column] = value
    quarantine_acts.check_corrections(visit.site.settings.sql, row, found)
    return found


def _row(visit: Visit, there: Quarantine, quarantine_id: str) -> Aside:
    check_id(visit, quarantine_id)
    for each in there.rows:
        if each.quarantine_id == quarantine_id:
            return each
    raise MissingError(visit.say("This row is not in quarantine any more."))


def _seen(rows: list[Aside]) -> str:
    """The last decisions that the person has seen; changes when somebody decides on any of the rows."""
    return " ".join(each.said.decided_at.isoformat() if each.said else "-" for each in rows)


def _quarantine(visit: Visit) -> Quarantine:
    site = visit.site
    if not (site.lake.folder / "quarantine").exists():
        return look(site.lake, site.settings.sql, {})
    with site.lake.reading():
        return look(site.lake, site.settings.sql, said_by(site.engine))


def _require_rows(visit: Visit) -> None:
    """Rows name accounts of any district, or of none that is known."""
    visit.require(Right.READ_NIGHT)
    if visit.person.districts is not None and not visit.may(Right.QUARANTINE):
        raise ForbiddenError(visit.say("Rows in quarantine lie in no district; they are for people of all districts."))


def _sums(there: Quarantine) -> dict[str, object]:
    return {"rows": len(there.rows), "money": there.money, "suspense": there.suspense}


def _span(visit: Visit, span: dt.timedelta | None) -> str:
    """A length of time in its largest unit."""
    if span is None:
        return "–"
    seconds = int(span.total_seconds())
    minutes = seconds // 60
    if minutes >= 2 * 24 * 60:
        return visit.say("{count} days", count=minutes // (24 * 60))
    if minutes >= 2 * 60:
        return visit.say("{count} hours", count=minutes // 60)
    if minutes >= 2:
        return visit.say("{count} minutes", count=minutes)
    return visit.say("{count} seconds", count=seconds)
