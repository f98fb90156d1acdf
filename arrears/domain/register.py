"""The register of scorecards: what people did with each card, in order, and which one is in force on a day."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from arrears.errors import UsageError


class CardAct(StrEnum):
    """What was done with a card. A card is shadowed when it is registered, unless that was not wanted."""

    REGISTERED = "card_registered"
    SHADOWED = "card_shadowed"
    APPROVED = "card_approved"
    REFUSED = "card_refused"
    PROMOTED = "card_promoted"
    DEMOTED = "card_demoted"
    RETIRED = "card_retired"


@dataclass(frozen=True, slots=True)
class CardEvent:
    """`report_sha256` is what an approval or refusal was given on. `from_on` is the first night that a promotion or a demotion
    holds for; a demotion `restores` a card, None being the policy's expert card."""

    version: str
    act: CardAct
    actor: str
    occurred_at: dt.datetime
    why: str
    report_sha256: str | None = None
    from_on: dt.date | None = None
    restores: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """All events of a source, oldest first."""

    events: tuple[CardEvent, ...] = ()

    def in_force(self, as_of: dt.date) -> str | None:
        """The champion's version on the night of `as_of`; None: the policy's expert card. Of all promotions and demotions
        that hold by then the one decided last counts."""
        return _in_force(self.events, as_of)

    def state(self, version: str) -> CardAct:
        """What was done last with the card; an approval or refusal of a card in force leaves it in force."""
        return next(event.act for event in reversed(self.events) if event.version == version)

    def in_shadow(self) -> tuple[str, ...]:
        """The challengers, in the order in which they were registered: approved or not, but not refused, promoted or
        retired."""
        found = dict.fromkeys(event.version for event in self.events)
        return tuple(each for each in found if self.state(each) in (CardAct.SHADOWED, CardAct.APPROVED))

    def approval(self, version: str) -> CardEvent | None:
        """The approval that stands: a later refusal, demotion or retirement takes it back."""
        last = next((event for event in reversed(self.events) if event.version == version), None)
        return last if last is not None and last.act is CardAct.APPROVED else None

    def check_promotion(self, version: str, fitted_by: str, report_sha256: str, from_on: dt.date) -> None:
        """UsageError unless somebody else than who fitted the card approved it, on the report that is kept with it."""
        approval = self.approval(version)
        if self.in_force(from_on) == version:
            raise UsageError(f"card {version[:12]} is in force on {from_on} already")
        if approval is None:
            raise UsageError(
                f"card {version[:12]} has no approval that stands; somebody else than {fitted_by} approves it: "
                f"`arrears scorecard approve {version[:12]} --why …`"
            )
        if approval.actor == fitted_by:
            raise UsageError(f"card {version[:12]} was approved by {fitted_by}, who fitted it; a second person must")
        if approval.report_sha256 != report_sha256:
            raise UsageError(
                f"card {version[:12]} was approved on another report than the one kept with it; approve again"
            )

    def demotion(self, from_on: dt.date) -> tuple[str, str | None]:
        """The card in force on `from_on`, and the one that was in force on that night before it was promoted."""
        champion = self.in_force(from_on)
        if champion is None:
            raise UsageError(
                f"no card of the register is in force on {from_on}: the policy's expert card cannot be demoted"
            )
        last = max(
            number
            for number, event in enumerate(self.events)
            if event.act is CardAct.PROMOTED and event.version == champion and _holds(event, from_on)
        )
        return champion, _in_force(self.events[:last], from_on)


def _holds(event: CardEvent, as_of: dt.date) -> bool:
    return event.from_on is not None and event.from_on <= as_of


def _in_force(events: Sequence[CardEvent], as_of: dt.date) -> str | None:
    for event in reversed(events):
        if _holds(event, as_of):
            return event.version if event.act is CardAct.PROMOTED else event.restores
    return None
