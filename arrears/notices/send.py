"""What is released leaves: claimed, begun, handed over, ended. Stopped at any point, it is taken up by the next sender."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from arrears.casebook import claims
from arrears.casebook.claims import HOUR, Claim, Ended, Parcel
from arrears.domain.delivery import (
    Act,
    DispatchRules,
    InDoubt,
    State,
    Way,
    WayRules,
    has_too_many_failures,
    move,
    next_try,
)
from arrears.errors import ArrearsError, TooManyFailuresError
from arrears.notices.channels.carrier import Carrier, CarrierDownError, Handed

Clock = Callable[[], dt.datetime]


@dataclass(slots=True)
class Tally:
    """What came of what was handed over, by way and state; a way that is closed, or had to stop, says why."""

    counts: Counter[tuple[Way, State]] = field(default_factory=Counter)
    closed: list[Way] = field(default_factory=list)
    stopped: list[ArrearsError] = field(default_factory=list)

    def count(self, state: State) -> int:
        return sum(number for (_, each), number in self.counts.items() if each is state)


def send(engine: Engine, carriers: Mapping[Way, Carrier], rules: DispatchRules, clock: Clock) -> Tally:
    """Hand over what is due on every way that is open now, until nothing is, the hour is full, or the way has to stop. One way
    that cannot go on keeps no other back."""
    tally = Tally()
    for way, carrier in carriers.items():
        if not rules.is_open(way, clock()):
            tally.closed.append(way)
            continue
        try:
            _send(engine, carrier, rules, way, clock, tally)
        except (CarrierDownError, TooManyFailuresError) as error:
            tally.stopped.append(error)
        finally:
            carrier.close()
    return tally


def _send(engine: Engine, carrier: Carrier, rules: DispatchRules, way: Way, clock: Clock, tally: Tally) -> None:
    of_way = rules.ways[way]
    settle_unanswered(engine, carrier, of_way, clock())
    while rules.is_open(way, clock()):
        well, failed = claims.ended_since(engine, way, clock() - HOUR)
        if has_too_many_failures(rules, (well, failed)):
            raise TooManyFailuresError(
                f"{way.value}: {failed} of the last hour's {well + failed} deliveries failed, more than "
                f"{rules.failure_share:.0%}; nothing more leaves this way until they are older: see `arrears notice list "
                "--state failed`"
            )
        found = claims.claim(engine, of_way, clock())
        if found is None:
            return
        _carry(engine, carrier, of_way, found, clock, tally)


def settle_unanswered(engine: Engine, carrier: Carrier, rules: WayRules, at: dt.datetime) -> None:
    """What senders left behind whose lease is over: free when it was not begun; else the provider says, where it can, and
    the way's rule where it cannot."""
    for each in claims.reclaim(engine, rules.way, at):
        taken = carrier.was_taken(each.claim, each.parcel)
        if taken is None:
            answer = Handed(Act.LOSE, "its sender stopped before an answer came")
        else:
            answer = Handed(Act.ACCEPT if taken else Act.DEFER, "found after its sender stopped")
        ended = _judged(each.parcel, answer, rules, at, backs_off=False)
        claims.turn(engine, each.claim, [ended], (), at)


def _carry(engine: Engine, carrier: Carrier, rules: WayRules, found: Claim, clock: Clock, tally: Tally) -> None:
    """What came of some is written together with the beginning of the next ones, so that there is one commit for each."""
    ended: list[Ended] = []
    try:
        for some in _together(found.parcels, carrier.at_once):
            ours = claims.turn(engine, found.claim, ended, some, clock())
            ended = []
            if not ours:
                continue
            try:
                answers = carrier.carry(found.claim, ours)
            except CarrierDownError as error:
                not_before = clock() + rules.backoff
                ended = [
                    Ended(p.notice_id, p.attempt, Act.DEFER, str(error), not_before=not_before, is_try=False)
                    for p in ours
                ]
                raise
            ended = [_judged(parcel, answer, rules, clock()) for parcel, answer in zip(ours, answers, strict=True)]
            tally.counts.update((rules.way, move(State.SENDING, each.act, each.notice_id)) for each in ended)
    finally:
        claims.turn(engine, found.claim, ended, (), clock())
        claims.give_back(engine, found.claim)


def _together(parcels: Sequence[Parcel], at_once: int | None) -> Iterator[Sequence[Parcel]]:
    size = at_once or len(parcels)
    for number in range(0, len(parcels), size):
        yield parcels[number : number + size]


def _judged(parcel: Parcel, answer: Handed, rules: WayRules, at: dt.datetime, *, backs_off: bool = True) -> Ended:
    """What an answer comes to. A delivery put off too often has failed on this way. One without an answer goes again under
    its key where the rule says so; often enough without one, and where it does not, a person has to find out."""
    again = next_try(rules, parcel.tries, at)
    act = answer.act
    if act is Act.LOSE and rules.in_doubt is InDoubt.SEND_AGAIN and again is not None:
        act = Act.DEFER
    if act is Act.DEFER and again is None:
        act = Act.REFUSE
    if act is Act.DEFER and not backs_off:
        again = at
    not_before = again if act is Act.DEFER else None
    return Ended(parcel.notice_id, parcel.attempt, act, answer.why, answer.reference, not_before)
