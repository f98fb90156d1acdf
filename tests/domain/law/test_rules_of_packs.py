"""Every rule of every pack in an example that a lawyer can check: a case in which all is in order, spoilt in one thing."""

import datetime as dt
from dataclasses import replace

import pytest

from arrears.domain.law.answer import answer
from arrears.domain.law.case import BESIDE, Case, Done, Measure, Step, apply, replay
from arrears.domain.law.facts import Facts, Protected, Protection
from arrears.errors import CasebookError
from tests.domain.law.cases import PLACES, Story, done, facts, pack
from tests.domain.law.spoilt import CASES, IN_ORDER, Spoilt

PREFIX = {"cn": "cn-", "cn-strict": "cns-", "uk": "uk-", "ukp": "ukp-", "us-nj": "nj-"}
TOLD = [(law, spoilt) for spoilt in CASES for law in spoilt.laws.split()]


def story(law: str, about: Facts) -> Story:
    return Story("uk", about, Measure.PREPAY) if law == "ukp" else Story(law, about)


def refused(law: str, spoilt: Spoilt) -> set[str]:
    timeline = [(step, spoilt.moved.get(step, at)) for step, at in IN_ORDER[law] if step not in spoilt.without]
    asked = spoilt.at or dict(IN_ORDER[law]).get(spoilt.step)
    assert asked is not None
    told = story(law, spoilt.about)
    granted = {"grant": spoilt.grant} if spoilt.grant else {}
    events: list[Done] = []
    for step, at in timeline:
        if step is spoilt.step and step not in BESIDE:
            break
        events.append(done(told.law, step, at, told.measure, **(granted if step is Step.APPROVE else {})))
    until = told.at(asked)
    told.case = replay(_lawful(sorted((each for each in events if each.at < until), key=lambda each: each.at)))
    return {each.clause.id for each in answer(told.situation, spoilt.step, until).refusals}


def _lawful(events: list[Done]) -> list[Done]:
    """Up to the first that cannot follow because something before it was left out."""
    case: Case | None = None
    for number, event in enumerate(events):
        try:
            case = apply(case, event)
        except CasebookError:
            return events[:number]
    return events


@pytest.mark.parametrize(("law", "spoilt"), TOLD, ids=[f"{law}: {spoilt.step}: {spoilt.why}" for law, spoilt in TOLD])
def test_one_thing_not_in_order_is_one_refusal(law: str, spoilt: Spoilt) -> None:
    wanted = {each if each == "not-next" else PREFIX[law] + each for each in spoilt.bars.split()}
    assert refused(law, spoilt) == wanted


@pytest.mark.parametrize("law", IN_ORDER)
def test_a_case_in_order_goes_through(law: str) -> None:
    told = story(law, facts())
    for step, at in IN_ORDER[law]:
        told.do(step, at)
    assert told.case is not None
    told.do(Step.RESTORE, told.case.changed_at + dt.timedelta(hours=1))


def test_every_rule_of_every_pack_has_an_example() -> None:
    told = {PREFIX[law] + rule for law, spoilt in TOLD for rule in spoilt.bars.split() if rule != "not-next"}
    sequences = [sequence for place in PLACES for sequence in pack(place).sequences.values()]
    rules = {link.clause.id for each in sequences for link in each.links}
    rules |= {gate.clause.id for each in sequences for gate in each.gates}
    assert rules - told == set()
    assert told - rules == set()


def test_a_protection_ends_on_its_last_day() -> None:
    until = replace(facts(), protections=(Protected(Protection.MEDICAL, dt.date(2026, 1, 1), dt.date(2026, 9, 2)),))
    told = Story("cn", until)
    for step, at in IN_ORDER["cn"][:-1]:
        told.do(step, at)
    found = answer(told.situation, Step.CUT, told.at("2026-08-14 10:00"))
    assert [(each.clause.id, each.opens_at) for each in found.refusals] == [("cn-medical", told.at("2026-09-03 00:00"))]
    assert found.earliest_at == told.at("2026-09-03 00:00")
