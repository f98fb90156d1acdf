"""The case of docs/law.md, under each law: the same debt, four different and right answers."""

import datetime as dt

import pytest

from arrears.domain.law.answer import answer
from arrears.domain.law.case import Measure, Step
from arrears.domain.law.facts import CustomerKind, Facts, Protection
from arrears.settings import ROOT
from tests.domain.law.cases import PLACES, Story, bill, facts, told

WHO = {
    "a household": facts(bill(due="2026-08-20")),
    "a pensioner's household": facts(bill(due="2026-08-20"), protections=(Protection.ELDERLY,)),
    "a household on a ventilator": facts(bill(due="2026-08-20"), protections=(Protection.MEDICAL,)),
    "a business": facts(bill(due="2026-08-20"), kind=CustomerKind.BUSINESS),
    "a hospital": facts(
        bill(due="2026-08-20"), kind=CustomerKind.PUBLIC_BODY, protections=(Protection.IMPORTANT_USER,)
    ),
}
STEPS = (Step.DEMAND, Step.PROPOSE, Step.NOTICE, Step.RENOTICE, Step.CUT)
ASKED = "2026-09-15 10:00"


def row(who: str, about: Facts) -> str:
    """`| who | cn | cn-strict | uk | us-nj |`: the first lawful instant of the cut, told on 15 September 2026 at ten."""
    cells = []
    for place in PLACES:
        story = Story(place, about)
        cells.append(told(story.law, answer(story.situation, Step.CUT, story.at(ASKED)).earliest_at) or "never")
    return f"| {who} | {' | '.join(cells)} |"


def test_the_table_of_the_document_is_what_the_law_says() -> None:
    document = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
    assert [row(who, about) for who, about in WHO.items() if row(who, about) not in document] == []


EARLIEST = {
    "cn": ["2026-09-15 10:00", "2026-09-20 00:00", "2026-09-20 00:00", "2026-09-20 00:00", "2026-09-24 00:00"],
    "cn-strict": ["2026-09-15 10:00", "2026-09-20 00:00", "2026-09-20 00:00", "2026-09-20 00:00", "2026-09-28 09:00"],
    "uk": ["2026-09-15 10:00", "2026-10-14 00:00", "2026-10-14 00:00", None, "2026-10-24 08:00"],
    "us-nj": ["2026-09-15 10:00", "2026-09-21 00:00", "2026-10-06 00:00", None, "2026-10-19 08:00"],
}


@pytest.mark.parametrize("place", PLACES)
def test_when_each_step_can_be(place: str) -> None:
    story = Story(place, WHO["a household"])
    at = story.at(ASKED)
    assert [told(story.law, answer(story.situation, step, at).earliest_at) for step in STEPS] == EARLIEST[place]


def test_who_would_be_cut_off_in_winter_waits_for_spring() -> None:
    """Asked on 1 December, with everything done but the notice: April in the one place, mid-March in the other."""
    december = facts(bill(due="2026-08-20"), protections=(Protection.ELDERLY,))
    found = {}
    for place in ("uk", "us-nj"):
        story = Story(place, december)
        found[place] = told(story.law, answer(story.situation, Step.CUT, story.at("2026-12-01 10:00")).earliest_at)
    assert found == {"uk": "2027-04-01 08:00", "us-nj": "2027-03-16 08:00"}


def test_a_prepayment_meter_is_never_forced_upon_a_pensioner() -> None:
    for protections, earliest in (((), "2026-10-24 08:00"), ((Protection.ELDERLY,), None)):
        story = Story("uk", facts(bill(due="2026-08-20"), protections=protections), Measure.PREPAY)
        found = answer(story.situation, Step.CUT, story.at(ASKED))
        assert told(story.law, found.earliest_at) == earliest


def test_why_not_names_rule_and_reference_in_both_languages() -> None:
    story = Story("us-nj", WHO["a household"])
    refused = {each.clause.id: each for each in answer(story.situation, Step.CUT, story.at(ASKED)).refusals}
    assert list(refused) == ["not-next", "nj-ten-days-notice", "nj-approval-holds"]
    clause = refused["nj-ten-days-notice"].clause
    assert clause.reference.startswith("N.J.A.C. 14:3-3A.3(c)")
    assert clause.en == "10 days of written notice, served anew after 45 days"
    assert clause.zh == "须提前至少10天书面通知；超过45天须重新通知"
    assert clause.since == dt.date(2024, 10, 7)


def test_a_year_without_calendar_is_said_and_not_guessed() -> None:
    story = Story("cn-strict", facts(bill(due="2026-08-20")))
    found = answer(story.situation, Step.CUT, story.at("2026-12-28 10:00"))
    assert (found.earliest_at, found.unknown) == (
        None,
        "there is no calendar of cn for 2027: add policy/calendars/cn/2027.yaml",
    )
