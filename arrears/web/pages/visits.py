"""Whom to visit tonight's list names, by district in the order of the road; a slip for each to take along."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from fastapi import APIRouter
from starlette.responses import Response

from arrears.casebook import outbox_read
from arrears.deployment import champion, load_rules
from arrears.domain.episode_events import ContactRecorded
from arrears.domain.notice import Channel, NoticeKind
from arrears.domain.people import Right
from arrears.domain.run import Run
from arrears.errors import UsageError
from arrears.lake import partition
from arrears.review import case_facts
from arrears.review import visits as field_visits
from arrears.review.case_owed import Bill, owed
from arrears.review.case_words import term
from arrears.review.visited import visited, with_open_case
from arrears.review.visits import Visit as Stop
from arrears.review.visits import Visits
from arrears.web.asked import asked
from arrears.web.case_reading import name_of, night_of
from arrears.web.kept import KEPT
from arrears.web.visit import Here, MissingError, Visit

router = APIRouter()


@router.get("/visits")
def page(visit: Here) -> Response:
    visit.require(Right.READ)
    run = visit.site.night()
    if run is None:
        return visit.page("visits.html", run=None)
    district = asked(visit, "district")
    found, reasons = _stops(visit, run), _reasons(visit, run)
    mine = [each for each in found.stops if visit.may(Right.READ, each.district)]
    there = list(dict.fromkeys(each.district for each in mine))
    if district is not None and district not in there:
        raise UsageError(visit.say("Nobody is to be visited in a district {district} of yours.", district=district))
    shown = [each for each in mine if district in (None, each.district)]
    with visit.site.engine.connect() as connection:
        accounts = [each.account_id for each in shown]
        done, recordable = visited(connection, accounts, run.as_of), with_open_case(connection, accounts)
    return visit.page(
        "visits.html",
        run=run,
        district=district,
        districts=there,
        groups=[(name, list(group)) for name, group in groupby(shown, key=lambda each: each.district)],
        waiting=found.waiting,
        reasons=reasons,
        labels=lambda name: visit.site.catalogue.features[name].label(visit.language.tag),
        done=done,
        recordable=recordable,
        result=lambda event: term(event.result, visit.language.tag) if isinstance(event, ContactRecorded) else "",
        name_of=lambda actor: name_of(visit, actor),
        may_work=lambda name: visit.may(Right.WORK, name),
        total=sum(each.overdue_amount for each in shown),
    )


@router.get("/visits/slip")
def slip(visit: Here) -> Response:
    """One slip (`account`) or all of a district, each on a page of its own when printed."""
    visit.require(Right.READ)
    run = visit.site.night()
    account, district = asked(visit, "account"), asked(visit, "district")
    if (account is None) == (district is None):
        raise UsageError(visit.say("Say whose slip it is to be: account=…, or district=… for all of a district."))
    found = _stops(visit, run).stops if run is not None else []
    wanted = [
        each
        for each in found
        if visit.may(Right.READ, each.district) and (each.account_id == account or each.district == district)
    ]
    if run is None or not wanted:
        raise MissingError(visit.say("Nobody like this is to be visited."))
    for each in wanted:
        visit.looked(each.account_id, "visit slip")
    return visit.page(
        "slip.html",
        run=run,
        stops=wanted,
        reasons=_reasons(visit, run),
        labels=lambda name: visit.site.catalogue.features[name].label(visit.language.tag),
        letters=_letters(visit, wanted) if account is not None else {},
        bills=_bills(visit, run, wanted),
    )


def _stops(visit: Visit, run: Run) -> Visits:
    """All of the night's, within what each district can work; worked out once a night."""
    site = visit.site

    def make() -> Visits:
        _, policy = load_rules(run.as_of, champion(run.source, run.as_of))
        with site.lake.reading():
            return field_visits.visits(site.lake, run, site.settings, policy.credit.capacity)

    found: Visits = KEPT.get(("visits", site.name, run.run_key), make)
    return found


def _reasons(visit: Visit, run: Run) -> Mapping[str, str]:
    language = "zh" if visit.language.tag == "zh-CN" else "en"
    told = visit.site.lake.stage("signals", run).manifest["reasons"]["treatment"]
    return {rule: words[language] for rule, words in told.items()}


def _bills(visit: Visit, run: Run, stops: Sequence[Stop]) -> dict[str, Sequence[Bill]]:
    """By account what is asked for, bill by bill, the oldest first: overdue, and neither in dispute nor on hold. Nothing of a
    night that kept no facts of cases; a single account is worked out even then."""
    lake = visit.site.lake
    if len(stops) > 1 and partition.read(lake.stage_folder(case_facts.STAGE, run)) is None:
        return {}
    night, found = night_of(visit), dict[str, Sequence[Bill]]()
    for stop in stops:
        row = night.row(stop.account_id)
        bills = owed(row, run.as_of).open_bills if row is not None else ()
        found[stop.account_id] = [
            each for each in bills if each.days_past_due > 0 and not (each.is_disputed or each.is_held)
        ]
    return found


def _letters(visit: Visit, stops: list[Stop]) -> dict[str, str]:
    """By account the id of the notice that was drafted to be handed over, where it has a letter."""
    found = {}
    for stop in stops:
        kinds = [NoticeKind.FIELD_VISIT_SLIP]
        for each in outbox_read.notices(visit.site.engine, kinds=kinds, account_id=stop.account_id):
            if Channel.LETTER in each.channels:
                found[stop.account_id] = each.notice_id
    return found
