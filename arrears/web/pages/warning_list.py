"""The warning list: what is to be worked on, found, put in order, exported, and acted on many at a time."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from arrears.casebook import looked
from arrears.casebook.worklist_tables import SORTED
from arrears.domain.people import Right
from arrears.errors import UsageError
from arrears.policy.axes import AXES, LEVELS
from arrears.review import worklist, worklist_filter
from arrears.review.worklist_counts import counts
from arrears.review.worklist_filter import MINE, NOBODY, Asked, Filter, Sort
from arrears.web import bulk
from arrears.web.acts import ACTS
from arrears.web.bulk import BULK, Chosen
from arrears.web.list_columns import Words, cells, headings
from arrears.web.list_export import MOST_XLSX, csv_lines, workbook
from arrears.web.visit import Here, Visit

router = APIRouter()

MOST_ROWS = 100
"""Of a page: it weighs less than 200 kB however long names and addresses are."""
EVERYTHING = "*"
"""In place of an account in the record of who looked at whom."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition of the list, and the address of the list without it."""

    label: str
    without: str


@router.get("/")
def warning_list(visit: Here) -> Response:
    if not visit.may(Right.READ):
        return visit.onward("/night" if visit.may(Right.READ_NIGHT) else "/me")
    raw = visit.request.scope["query_string"].decode("latin-1")
    asked = worklist_filter.parse(raw)
    if "=&" in raw or raw.endswith("="):
        return visit.onward("/" + (f"?{query}" if (query := asked.query()) else ""))
    if asked.size > MOST_ROWS:
        told = visit.say("A page shows {most} rows at most; {size} are for programs.", most=MOST_ROWS, size=asked.size)
        raise UsageError(told)
    site, person = visit.site, visit.person
    before = looked.look_at_list(site.engine, person.actor, site.clock())
    new_since = None if before is None else before.astimezone(site.zone).date() + dt.timedelta(days=1)
    found = worklist.page(site.engine, asked, person.actor, person.districts)
    return visit.page(
        "list.html",
        found=found,
        asked=asked,
        words=Words(visit),
        chips=list(_chips(visit, asked)),
        views=_views(visit, new_since),
        new_since=new_since,
        districts=worklist.districts_of(site.engine, person.districts),
        levels=list(reversed(LEVELS)),
        modes=AXES["payment_mode"],
        treatments=AXES["treatment"],
        known=worklist_filter,
        sizes=[size for size in worklist_filter.SIZES if size <= MOST_ROWS],
        acts=[ACTS[name] for name in BULK if visit.may(ACTS[name].right)],
        sorted_by=_sorted_by(asked),
        level_at=lambda level: _at(asked.but(level=_turned(asked.filter.level, level))),
        reason_at=cache(lambda reason: _at(asked.but(reason=reason))),
        page_at=lambda number: _at(_paged(asked, number)),
    )


@router.get("/export.{kind}")
def export(visit: Here, kind: str) -> Response:
    """All pages of what the same address of the list shows, as `csv` or `xlsx`."""
    visit.require(Right.EXPORT)
    asked = worklist_filter.parse(visit.request.scope["query_string"].decode("latin-1"))
    site, person = visit.site, visit.person
    if kind not in ("csv", "xlsx"):
        raise UsageError(visit.say("The list can be had as csv or xlsx, not as {kind}.", kind=kind[:20]))
    total = counts(site.engine, asked.filter, person.actor, person.districts).total
    if kind == "xlsx" and total > MOST_XLSX:
        raise UsageError(
            visit.say(
                "{total} rows are too many for a workbook, which takes {most}: narrow the list, or take it as CSV.",
                total=visit.language.number(total),
                most=visit.language.number(MOST_XLSX),
            )
        )
    visit.looked(EVERYTHING, f"export.{kind}")
    rows = cells(visit, worklist.everything(site.engine, asked, person.actor, person.districts))
    night = site.night()
    name = f"{site.name}-{night.as_of if night else site.today}.{kind}"
    sent = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    if kind == "csv":
        return StreamingResponse(csv_lines(headings(visit), rows), media_type="text/csv; charset=utf-8", headers=sent)
    with workbook(visit.say("Warnings"), headings(visit), rows) as file:
        kind_of_book = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return Response(file.read(), media_type=kind_of_book, headers=sent)


@router.post("/list/act")
def act_on_many(visit: Here) -> Response:
    """First what will happen to each (`step=preview`), then the doing (`step=do`)."""
    act = bulk.act_named(visit, str(visit.form.get("act", "")))
    asked = worklist_filter.parse(str(visit.form.get("list", "")))
    chosen = [Chosen.of(text) for text in dict.fromkeys(str(each) for each in visit.form.getlist("chosen"))]
    if not chosen or len(chosen) > bulk.MOST:
        said = visit.say("Choose 1 to {most} cases of the list; you chose {count}.", most=bulk.MOST, count=len(chosen))
        raise UsageError(said)
    step = str(visit.form.get("step", ""))
    plan = bulk.plan(visit, act, chosen, is_typed=step in ("preview", "do"))
    done = None
    if step == "do" and not plan.wrong:
        done = bulk.do(visit, act, chosen, frozenset(str(each) for each in visit.form.getlist("agreed")))
    return visit.page(
        "bulk.html",
        422 if plan.wrong else 200,
        act=act,
        plan=plan,
        chosen=chosen,
        asked=asked,
        step=step,
        back=_at(asked),
        typed=visit.form,
        done=done,
    )


def _at(asked: Asked) -> str:
    """The list's path and query, below the app's root."""
    query = asked.query()
    return f"/?{query}" if query else "/"


def _turned(chosen: tuple[str, ...], level: str) -> tuple[str, ...]:
    """Without it where it is chosen, else with it; in the order of the levels."""
    return tuple(each for each in LEVELS if (each in chosen) != (each == level))


def _paged(asked: Asked, number: int) -> Asked:
    return Asked(asked.filter, asked.sort, number, asked.size)


def _sorted_by(asked: Asked) -> dict[str, tuple[str, str]]:
    """By column how it is sorted now, as `aria-sort` says it, and where it is sorted by it, or the other way round."""
    found = {}
    for column in SORTED:
        is_now = asked.sort.column == column
        turned = Sort(column, not asked.sort.is_descending) if is_now else Sort(column)
        now = ("descending" if asked.sort.is_descending else "ascending") if is_now else "none"
        found[column] = (now, _at(Asked(asked.filter, turned, 1, asked.size)))
    return found


def _views(visit: Visit, new_since: dt.date | None) -> list[tuple[str, str, bool]]:
    """Lists that people look at each day: name, address, and whether this is it."""
    person, today = visit.person, visit.site.today
    named = [
        (visit.say("All open") if person.districts is None else visit.say("My districts"), Filter()),
        (visit.say("Tonight's workload"), Filter(capacity=True)),
        (visit.say("My work"), Filter(owner=MINE)),
        (visit.say("Nobody's"), Filter(owner=NOBODY)),
        (visit.say("To be looked at today"), Filter(due=today)),
    ]
    if new_since is not None:
        named.append((visit.say("New since I last looked"), Filter(since=new_since)))
    raw = visit.request.scope["query_string"].decode("latin-1")
    now = worklist_filter.parse(raw).filter
    return [(name, _at(Asked(wanted)), wanted == now) for name, wanted in named]


def _chips(visit: Visit, asked: Asked) -> Iterator[Chip]:
    wanted, words = asked.filter, Words(visit)
    of_many: dict[str, tuple[str, Callable[[str], str]]] = {
        "level": (visit.say("Level"), words.level),
        "district": (visit.say("District"), str),
        "voltage": (visit.say("Voltage class"), words.voltage),
        "tariff": (visit.say("Tariff"), words.tariff),
        "state": (visit.say("State"), words.state),
        "mode": (visit.say("Proposed payment mode"), words.mode),
        "treatment": (visit.say("Proposed treatment"), words.treatment),
    }
    for name, (label, shown) in of_many.items():
        values = getattr(wanted, name)
        for value in values:
            rest = tuple(each for each in values if each != value)
            yield Chip(f"{label}: {shown(value)}", _at(asked.but(**{name: rest})))
    of_one = {
        "owner": wanted.owner and _owner(visit, wanted.owner),
        "reason": wanted.reason and f"{visit.say('Reason')}: {words.reason(wanted.reason)}",
        "due": wanted.due and visit.say("To be looked at by {day}", day=visit.language.date(wanted.due)),
        "since": wanted.since and visit.say("Raised since {day}", day=visit.language.date(wanted.since)),
        "owed": None if wanted.owed is None else visit.say("Owes {amount} or more", amount=_amount(visit, asked)),
        "held_out": _yes_no(visit, wanted.held_out, "Held out at random"),
        "capacity": _yes_no(visit, wanted.capacity, "Tonight's workload"),
        "text": wanted.text and f"“{wanted.text}”",
    }
    for name, said in of_one.items():
        if said:
            yield Chip(said, _at(asked.but(**{name: "" if name == "text" else None})))


def _owner(visit: Visit, owner: str) -> str:
    if owner == MINE:
        return visit.say("My work")
    if owner == NOBODY:
        return visit.say("Nobody's")
    return f"{visit.say('Owner')}: {Words(visit).owner(owner)}"


def _amount(visit: Visit, asked: Asked) -> str:
    return visit.language.amount(asked.filter.owed)


def _yes_no(visit: Visit, value: bool | None, name: str) -> str | None:
    if value is None:
        return None
    return f"{visit.say(name)}: {visit.say('yes') if value else visit.say('no')}"
