"""From what the pages of a site read cases: its latest night, the law of the day, and the names of people."""

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from sqlalchemy import Engine

from arrears.casebook_stages import law_desk
from arrears.domain.law.acts import RUN
from arrears.domain.people import Right
from arrears.domain.run import Run
from arrears.review import law_facts, people
from arrears.review.case_file import Reading, case_file, known_of
from arrears.review.case_rows import CaseNight, case_night
from arrears.review.case_words import who
from arrears.review.lawful import LawDesk
from arrears.web.acts import Work
from arrears.web.site import Site
from arrears.web.visit import MissingError, Visit

NAMES_KEPT_S = 30
"""For how long the names of people are taken from memory."""


def night_of(visit: Visit) -> CaseNight:
    """MissingError before the first night."""
    run = visit.site.night()
    if run is None:
        raise MissingError(visit.say("There is no night yet: nothing is known of any account."))
    return case_night(run, visit.site.settings, visit.site.lake)


def desk_at(site: Site, night: CaseNight, actor: str, at: dt.datetime) -> LawDesk:
    """Where the law is asked at an instant, with what the night keeps for pages; another night than theirs is read as the
    command line reads it."""

    def known(run: Run, accounts: Iterable[str]) -> Mapping[str, law_facts.Known]:
        if run == night.run:
            return known_of(night, run, accounts)
        return law_facts.known_of(run, site.settings, site.lake, accounts)

    base = _law_of(site.name, site.engine, at.astimezone(site.zone).date())
    return replace(base, actor=actor, at=at, known_of=known)


def law_now(visit: Visit) -> LawDesk:
    """The person at the law, at the moment of the request; also before the first night. PolicyError when the rules of the day
    are wrong."""
    site, actor = visit.site, str(visit.person.actor)
    if site.night() is None:
        return law_desk(site.name, site.engine, actor, site.clock())
    return desk_at(site, night_of(visit), actor, site.clock())


@lru_cache(maxsize=4)
def _law_of(source: str, engine: Engine, day: dt.date) -> LawDesk:
    """The law and the rules of approval of a local day, read once. Whoever changes a file that is in force starts the app
    anew."""
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    return law_desk(source, engine, RUN, noon)


LONGEST_ID = 200
"""Signs of an account's id; what is longer names none."""


def work_at(visit: Visit, account_id: str) -> Work:
    """The person at the case, as it stands now. MissingError of an account that the night does not know, or that lies where the
    person may not look."""
    night, at = night_of(visit), visit.site.clock()
    desk = partial(desk_at, visit.site, night, str(visit.person.actor))
    row = night.row(account_id) if len(account_id) <= LONGEST_ID and account_id.isprintable() else None
    if row is None or not visit.may(Right.READ, row["district"] or ""):
        raise MissingError(visit.say("There is no such page, or none that you may see."))
    reading = Reading(visit.site.engine, night, visit.site.catalogue, visit.site.zone, desk)
    return Work(visit, case_file(reading, row, visit.language.tag, at), night, partial(desk, at))


def name_of(visit: Visit, actor: str) -> str:
    """What colleagues call somebody who acts: the name of the account, or what it is kept as."""
    names = _names(visit.site.engine, int(time.monotonic() // NAMES_KEPT_S))
    return names.get(actor) or who(actor.removeprefix("local:"), visit.language.tag)


@lru_cache(maxsize=2)
def _names(engine: Engine, _when: int) -> Mapping[str, str]:
    return {str(each.person.actor): each.person.name for each in people.people(engine)}
