"""Which card is in force, whatever was promoted and demoted in whatever order."""

import datetime as dt

import pytest

from arrears.domain.register import CardAct, CardEvent, Register
from arrears.errors import UsageError

AT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def on(day: int) -> dt.date:
    return dt.date(2026, 11, day)


def event(
    act: CardAct, version: str = "a", actor: str = "chief", *, day: int | None = None, restores: str | None = None
) -> CardEvent:
    sha = "r" if act in (CardAct.APPROVED, CardAct.REFUSED) else None
    return CardEvent(version, act, actor, AT, "why", sha, None if day is None else on(day), restores)


def promoted(version: str, day: int) -> CardEvent:
    return event(CardAct.PROMOTED, version, day=day)


NEW = (event(CardAct.REGISTERED, actor="modeller"), event(CardAct.SHADOWED, actor="modeller"))


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ((), {1: None, 30: None}),
        ((promoted("a", 5),), {4: None, 5: "a", 30: "a"}),
        ((promoted("a", 5), promoted("b", 10)), {4: None, 5: "a", 9: "a", 10: "b"}),
        ((promoted("a", 10), promoted("b", 5)), {4: None, 5: "b", 30: "b"}),
        ((promoted("a", 5), event(CardAct.DEMOTED, day=8)), {5: "a", 7: "a", 8: None}),
        (
            (promoted("a", 5), promoted("b", 7), event(CardAct.DEMOTED, "b", day=9, restores="a")),
            {6: "a", 8: "b", 9: "a", 30: "a"},
        ),
    ],
)
def test_one_card_is_in_force_on_each_night(events: tuple[CardEvent, ...], wanted: dict[int, str | None]) -> None:
    assert {day: Register(events).in_force(on(day)) for day in wanted} == wanted


def test_a_demotion_restores_what_was_in_force_before_the_promotion() -> None:
    events = (promoted("a", 5), promoted("b", 7))
    assert Register(events).demotion(on(9)) == ("b", "a")
    assert Register(events).demotion(on(6)) == ("a", None)
    after = (*events, event(CardAct.DEMOTED, "b", day=9, restores="a"))
    assert Register(after).demotion(on(10)) == ("a", None), "a second demotion goes one further back"
    with pytest.raises(UsageError, match="expert card cannot be demoted"):
        Register(events).demotion(on(4))


def test_a_challenger_leaves_the_shadow_when_it_is_refused_promoted_or_retired() -> None:
    assert Register(NEW).in_shadow() == ("a",)
    assert Register((*NEW, event(CardAct.APPROVED))).in_shadow() == ("a",)
    for act in (CardAct.REFUSED, CardAct.PROMOTED, CardAct.DEMOTED, CardAct.RETIRED):
        assert Register((*NEW, event(act, day=5))).in_shadow() == (), act


@pytest.mark.parametrize(
    ("events", "said"),
    [
        (NEW, "has no approval that stands"),
        ((*NEW, event(CardAct.APPROVED), event(CardAct.REFUSED)), "has no approval that stands"),
        (
            (*NEW, event(CardAct.APPROVED), promoted("a", 1), event(CardAct.DEMOTED, day=2)),
            "has no approval that stands",
        ),
        ((*NEW, event(CardAct.APPROVED, actor="modeller")), "a second person must"),
        ((*NEW, event(CardAct.APPROVED), promoted("a", 1)), "is in force on 2026-11-05 already"),
    ],
)
def test_promotion_needs_an_approval_by_somebody_else(events: tuple[CardEvent, ...], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Register(events).check_promotion("a", "modeller", "r", on(5))


def test_an_approval_is_of_the_report_that_was_seen() -> None:
    approved = Register((*NEW, event(CardAct.APPROVED)))
    approved.check_promotion("a", "modeller", "r", on(5))
    with pytest.raises(UsageError, match="approved on another report"):
        approved.check_promotion("a", "modeller", "another", on(5))
