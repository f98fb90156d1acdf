"""What happens to notices before they leave: too old, paid meanwhile, refused meanwhile; and who is released to go where."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from arrears.casebook import outbox, outbox_read
from arrears.casebook.outbox_read import Listed
from arrears.domain.delivery import Act, Contact, DispatchRules, State, Way, may_be_used, plan
from arrears.domain.notice import COPY, NoticeKind
from arrears.notices.known import Known

POLICY = "policy"
"""The actor of what the dispatch file says."""

OF_DEBT = frozenset(
    {
        NoticeKind.PAYMENT_REMINDER,
        NoticeKind.ARREARS_DEMAND,
        NoticeKind.FIELD_VISIT_SLIP,
        NoticeKind.STOP_NOTICE,
        NoticeKind.STOP_RENOTICE,
    }
)
"""Kinds that ask for a sum, which must still be owed when they leave."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """Ids of those that expired, and of those that were withdrawn."""

    expired: tuple[str, ...]
    superseded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """Ids of those that may leave now, and of those that reach nobody."""

    released: tuple[str, ...]
    unreachable: tuple[str, ...]


def tidy(
    engine: Engine,
    rules: DispatchRules,
    found: Sequence[Listed],
    known: Known,
    at: dt.datetime,
    barred: Mapping[str, str] | None = None,
) -> Tidied:
    """Of what has not left: end what is too old, no longer owed or, for the reason in `barred`, no longer lawful, and give up
    addresses that are refused or wrong by now. A copy says what was said, and is never too old."""
    today = rules.calendar.date(at)
    first = [each for each in found if COPY not in each.step]
    old = {
        each.notice_id: f"not sent within {rules.kinds[each.kind].expires_after.days} days"
        for each in first
        if today - each.as_of > rules.kinds[each.kind].expires_after
    }
    whys = {
        each.notice_id: why
        for each in first
        if each.notice_id not in old and (why := superseded(each, known)) is not None
    }
    unlawful = {name: f"{outbox.SUPERSEDED}: {why}" for name, why in (barred or {}).items() if name not in old}
    whys = unlawful | whys
    expired = outbox.end(engine, Act.EXPIRE, old, at, POLICY)
    withdrawn = outbox.end(engine, Act.WITHDRAW, whys, at, POLICY)
    _give_up(engine, rules, found, known, at)
    return Tidied(tuple(expired), tuple(withdrawn))


def superseded(notice: Listed, known: Known) -> str | None:
    """Why a notice asks for what is no longer owed; None: it asks for what is."""
    owed = known.owed.get(notice.notice_id)
    if notice.kind not in OF_DEBT or owed is None:
        return None
    if owed < notice.total_amount:
        return f"{outbox.SUPERSEDED}: {owed} of {notice.total_amount} is owed as of {known.as_of}"
    if notice.notice_id in known.paid:
        return f"{outbox.SUPERSEDED}: something was paid since it was written, as of {known.as_of}"
    return None


def release(
    engine: Engine,
    rules: DispatchRules,
    drafts: Iterable[Listed],
    known: Known,
    there: Collection[Way],
    at: dt.datetime,
    actor: str,
    why: str | None = None,
) -> Released:
    """Plan the ways of each draft by what is known of its customer now, and let it go."""
    wrong = outbox_read.came_back(engine)
    plans = {each.notice_id: ways(rules, each, known, there, wrong) for each in drafts}
    released, unreachable = outbox.release(engine, plans, at, actor, why)
    return Released(tuple(released), tuple(unreachable))


def ways(
    rules: DispatchRules, notice: Listed, known: Known, there: Collection[Way], wrong: Collection[tuple[Way, str]]
) -> list[Contact]:
    """Where a notice would go, in this order; what was approved to go one way goes no other."""
    spoken = [way for way in there if way.rendering in notice.channels and notice.served_by in (None, way)]
    return plan(rules, notice.kind, known.contacts.get(notice.account_id, ()), there=spoken, wrong=wrong)


def of_policy(rules: DispatchRules, found: Iterable[Listed]) -> list[Listed]:
    """Drafts that need nobody to release them."""
    return [each for each in found if each.state is State.DRAFTED and rules.kinds[each.kind].releases_itself]


def _give_up(engine: Engine, rules: DispatchRules, found: Sequence[Listed], known: Known, at: dt.datetime) -> None:
    notices = {each.notice_id: each for each in found if each.state is not State.DRAFTED}
    gone = []
    for each in outbox_read.deliveries(engine, list(notices), (State.RELEASED, State.PLANNED)):
        notice = notices[each.notice_id]
        if not any(
            (contact.way, contact.address) == (each.way, each.address)
            and may_be_used(rules, rules.kinds[notice.kind], contact)
            for contact in known.contacts.get(notice.account_id, ())
        ):
            gone.append((each.notice_id, each.attempt))
    if gone:
        outbox.drop_ways(engine, gone, at)
