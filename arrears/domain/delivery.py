"""How a notice leaves: the states it goes through, on which ways and in which order, and when it may."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from arrears.domain.law.calendar import Calendar
from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import CasebookError


class Way(StrEnum):
    """How something reaches a customer; each is also a channel of the contract's table `contact`."""

    EMAIL = "email"
    SMS = "sms"
    CHAT = "chat"
    LETTER = "letter"

    @property
    def rendering(self) -> Channel:
        """The words that go this way: a chat is given a message's text."""
        return Channel.SMS if self is Way.CHAT else Channel(self.value)


class State(StrEnum):
    """Of a notice, and of each of its deliveries; `planned`, a way that is taken when those before it fail, is of deliveries
    only, and `drafted` and `expired` are of notices only."""

    PLANNED = "planned"
    DRAFTED = "drafted"
    RELEASED = "released"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNED = "returned"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Act(StrEnum):
    RELEASE = "release"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    CLAIM = "claim"
    DEFER = "defer"
    ACCEPT = "accept"
    REFUSE = "refuse"
    LOSE = "lose"
    ARRIVE = "arrive"
    BOUNCE = "bounce"
    NEXT = "next"


MOVES: Mapping[tuple[State, Act], State] = {
    (State.DRAFTED, Act.RELEASE): State.RELEASED,
    (State.DRAFTED, Act.WITHDRAW): State.WITHDRAWN,
    (State.DRAFTED, Act.EXPIRE): State.EXPIRED,
    (State.DRAFTED, Act.REFUSE): State.FAILED,  # there is no way to reach the customer
    (State.RELEASED, Act.CLAIM): State.SENDING,
    (State.RELEASED, Act.WITHDRAW): State.WITHDRAWN,
    (State.RELEASED, Act.EXPIRE): State.EXPIRED,
    (State.RELEASED, Act.REFUSE): State.FAILED,  # its address was given up meanwhile
    (State.SENDING, Act.ACCEPT): State.SENT,
    (State.SENDING, Act.DEFER): State.RELEASED,  # certainly not taken: tried again
    (State.SENDING, Act.REFUSE): State.FAILED,
    (State.SENDING, Act.LOSE): State.IN_DOUBT,  # handed over, and no answer came
    (State.IN_DOUBT, Act.ACCEPT): State.SENT,
    (State.IN_DOUBT, Act.DEFER): State.RELEASED,
    (State.IN_DOUBT, Act.ARRIVE): State.DELIVERED,
    (State.IN_DOUBT, Act.BOUNCE): State.RETURNED,
    (State.SENT, Act.ARRIVE): State.DELIVERED,
    (State.SENT, Act.BOUNCE): State.RETURNED,
    (State.DELIVERED, Act.BOUNCE): State.RETURNED,  # a mailbox's server took it, and sent it back later
    (State.FAILED, Act.NEXT): State.RELEASED,
    (State.RETURNED, Act.NEXT): State.RELEASED,
}
"""Every move that there is, in one table; whatever is not here is refused."""

OPEN = frozenset({State.DRAFTED, State.RELEASED, State.SENDING})
"""States in which something may still leave."""


def move(state: State, act: Act, notice_id: str) -> State:
    """The state after `act`; CasebookError when the state has no such move."""
    after = MOVES.get((state, act))
    if after is None:
        raise CasebookError(f"notice {notice_id[:12]} is {state.value.replace('_', ' ')}: it cannot {act.value}")
    return after


def before(act: Act) -> frozenset[State]:
    """The states that have this move."""
    return frozenset(state for state, each in MOVES if each is act)


class InDoubt(StrEnum):
    """What is done with something that was handed over, with no answer, when nobody can tell whether it was taken."""

    SEND_AGAIN = "send_again"
    PERSON = "person"


def message_key(notice_id: str, attempt: int) -> str:
    """By which a provider knows a delivery again: the same at every try of it, another on the next way."""
    return f"{notice_id}.{attempt}"


@dataclass(frozen=True, slots=True)
class Contact:
    """An address as the lake knows it. `consent`: given, refused or unknown; `status`: valid, wrong or unknown."""

    contact_id: str
    way: Way
    address: str
    consent: str
    status: str | None = None


@dataclass(frozen=True, slots=True)
class WayRules:
    """`per_hour`: the most in 60 minutes, however many send. `backoff`: after a first refusal for now; doubled at each try.
    `report_after`: what was taken, and of which nothing came back for so long, is named; None: nothing is expected to."""

    way: Way
    opens: dt.time
    closes: dt.time
    on_days_off: bool
    per_hour: int
    batch: int
    most_tries: int
    backoff: dt.timedelta
    lease: dt.timedelta
    in_doubt: InDoubt
    needs_consent: bool
    report_after: dt.timedelta | None = None


@dataclass(frozen=True, slots=True)
class KindRules:
    """`is_served`: a letter of this kind goes although the customer refused letters, since a law wants it on paper."""

    kind: NoticeKind
    releases_itself: bool
    ways: tuple[Way, ...]
    expires_after: dt.timedelta
    is_served: bool


@dataclass(frozen=True, slots=True)
class DispatchRules:
    """What a dispatch file and the calendar of the place say. `failure_share`: above it a way stops, once `failures_after` of
    the last hour have ended."""

    calendar: Calendar
    ways: Mapping[Way, WayRules]
    kinds: Mapping[NoticeKind, KindRules]
    failure_share: float
    failures_after: int

    def is_open(self, way: Way, at: dt.datetime) -> bool:
        """Whether something may leave this way now; NoCalendarError when nobody entered the year's holidays."""
        rules, local = self.ways[way], at.astimezone(self.calendar.zone)
        if not rules.opens <= local.time() < rules.closes:
            return False
        return rules.on_days_off or self.calendar.is_working_day(local.date())


def plan(
    rules: DispatchRules,
    kind: NoticeKind,
    contacts: Iterable[Contact],
    *,
    there: Iterable[Way],
    wrong: Iterable[tuple[Way, str]],
) -> list[Contact]:
    """On which ways, in this order, and to which addresses a notice goes: at most one address a way, the one whose id is the
    first. `there`: ways that this deployment has; `wrong`: addresses from which something came back."""
    of_kind, ways, came_back = rules.kinds[kind], frozenset(there), frozenset(wrong)
    usable: dict[Way, Contact] = {}
    for each in sorted(contacts, key=lambda contact: contact.contact_id, reverse=True):
        if may_be_used(rules, of_kind, each) and (each.way, each.address) not in came_back:
            usable[each.way] = each
    return [usable[way] for way in of_kind.ways if way in usable and way in ways]


def may_be_used(rules: DispatchRules, of_kind: KindRules, contact: Contact) -> bool:
    """Neither wrong nor refused; where the way needs consent, given."""
    if contact.status == "wrong" or not contact.address.strip():
        return False
    if of_kind.is_served and contact.way is Way.LETTER:
        return True
    return contact.consent == "given" or (contact.consent != "refused" and not rules.ways[contact.way].needs_consent)


def next_try(rules: WayRules, tries: int, at: dt.datetime) -> dt.datetime | None:
    """When to try again what was refused for now after so many tries; None: it has failed on this way."""
    if tries >= rules.most_tries:
        return None
    return at + rules.backoff * (1 << (tries - 1))


def has_too_many_failures(rules: DispatchRules, outcomes: Sequence[int]) -> bool:
    """`outcomes`: how many deliveries of the last hour ended well, and how many failed."""
    well, failed = outcomes
    return well + failed >= rules.failures_after and failed > rules.failure_share * (well + failed)
