"""What is released leaves, by the newest night's knowledge: one dispatch, as the schedule and the command line run it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from arrears.casebook import outbox_read, read
from arrears.casebook.case_notices import STEP_OF
from arrears.casebook.outbox_read import Listed
from arrears.casebook.tables import LIVE
from arrears.casebook_stages import law_desk
from arrears.deployment import lake_of, load_source
from arrears.domain.delivery import DispatchRules, State, Way
from arrears.domain.law.acts import RUN
from arrears.domain.run import Run
from arrears.errors import PolicyError, UsageError
from arrears.notices import ready
from arrears.notices.channels.deployed import carriers
from arrears.notices.known import Known, Waiting, known_of
from arrears.notices.ready import Released, Tidied
from arrears.notices.send import Clock, Tally, send
from arrears.policy.dispatch import load_dispatch
from arrears.review.law_service import barred, take_up_all
from arrears.settings import settings


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a dispatch did, in its order."""

    tidied: Tidied
    released: Released
    tally: Tally

    def sentence(self) -> str:
        done = {state: self.tally.count(state) for state in State if self.tally.count(state)}
        told = [
            f"{len(self.tidied.expired)} expired",
            f"{len(self.tidied.superseded)} superseded",
            f"{len(self.released.released)} released by policy",
            f"{len(self.released.unreachable)} without an address",
            *(f"{number} {state.value.replace('_', ' ')}" for state, number in done.items()),
        ]
        return ", ".join(told)


def rules_of(source: str, at: dt.datetime) -> DispatchRules:
    """What is in force where the source is, on the local day."""
    here = load_source(source)
    return load_dispatch(settings().policy, here.declared.jurisdiction, at.astimezone(here.zone).date())


def awaited_since(source: str, at: dt.datetime) -> dict[Way, dt.datetime]:
    """By way, before when something must have left for its report to be overdue; ways that report nothing are left out."""
    ways = rules_of(source, at).ways
    return {way: at - rules.report_after for way, rules in ways.items() if rules.report_after is not None}


def dispatch(source: str, engine: Engine, clock: Clock) -> Dispatched:
    """End what may not leave any more, release what the policy releases, and send until nothing is due. Whatever a way could
    not do stands in the tally; nothing is raised for it."""
    tidied, released = prepare(source, engine, clock())
    return Dispatched(tidied, released, send(engine, carriers(settings(), source), rules_of(source, clock()), clock))


def prepare(source: str, engine: Engine, at: dt.datetime) -> tuple[Tidied, Released]:
    """By what the newest night knows: what may not leave any more, and what the policy releases."""
    rules, there = rules_of(source, at), carriers(settings(), source)
    found = outbox_read.still_open(engine)
    known = newest(source, engine, found)
    tidied = ready.tidy(engine, rules, found, known, at, _barred(source, engine, found, at))
    ended = {*tidied.expired, *tidied.superseded}
    drafts = ready.of_policy(rules, [each for each in found if each.notice_id not in ended])
    return tidied, ready.release(engine, rules, drafts, known, there, at, ready.POLICY)


def send_way(source: str, engine: Engine, way: Way, clock: Clock) -> Tally | None:
    """Send what is due on one way; None when this deployment does not have it. What stops the way is raised."""
    carrier = carriers(settings(), source).get(way)
    if carrier is None:
        return None
    tally = send(engine, {way: carrier}, rules_of(source, clock()), clock)
    for error in tally.stopped:
        raise error
    return tally


def release_chosen(
    source: str, engine: Engine, chosen: Sequence[Listed], at: dt.datetime, actor: str, why: str | None
) -> tuple[Tidied, Released]:
    """A person lets these drafts go, unless they are too old or no longer owed."""
    rules, known = rules_of(source, at), newest(source, engine, chosen)
    tidied = ready.tidy(engine, rules, chosen, known, at, _barred(source, engine, chosen, at))
    ended = {*tidied.expired, *tidied.superseded}
    left = [each for each in chosen if each.notice_id not in ended]
    there = carriers(settings(), source)
    return tidied, ready.release(engine, rules, left, known, there, at, actor, why)


def take_up_delivered(source: str, engine: Engine, at: dt.datetime) -> tuple[int, list[str]]:
    """Notices of cases that have arrived, each as the step that it is: how many, and of the others why they are no service.
    Where the law of the day cannot be read, that is told, and a night does it later."""
    try:
        return take_up_all(engine, law_desk(source, engine, RUN, at))
    except PolicyError as error:
        return 0, [str(error)]


def _barred(source: str, engine: Engine, found: Sequence[Listed], at: dt.datetime) -> dict[str, str]:
    """Notices of a stop that the law does not let leave now; all of them when it cannot be asked."""
    of_stops = [each.notice_id for each in found if each.kind in STEP_OF]
    if not of_stops:
        return {}
    try:
        return barred(engine, law_desk(source, engine, RUN, at), of_stops)
    except PolicyError as error:
        return dict.fromkeys(of_stops, str(error))


def newest(source: str, engine: Engine, found: Sequence[Listed]) -> Known:
    """What the newest live night knows of these; UsageError when there is no night."""
    waiting = [Waiting(each.notice_id, each.account_id, each.drafted_at) for each in found]
    run = newest_run(engine)
    if run is None:
        raise UsageError(f"{source}: no live night was folded yet, so there is nothing to send")
    return known_of(run, waiting, settings(), lake_of(source))


def newest_run(engine: Engine) -> Run | None:
    with engine.connect() as connection:
        nights = read.nights(connection, LIVE)
    return nights[-1].run if nights else None


def stop_sentence(done: Dispatched) -> str | None:
    """What the ways that could not go on say; None: all went well."""
    return "; ".join(str(error) for error in done.tally.stopped) or None
