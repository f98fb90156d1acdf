"""A case under each law in which all is in order, and what is not in order when one thing is spoilt."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from arrears.domain.law.case import Grant, Step
from arrears.domain.law.facts import CustomerKind, Facts, Protection, Stop, StopKind
from tests.domain.law.cases import bill, facts, pack

S, P = Step, Protection
ALL = "cn cn-strict uk ukp us-nj"
Timeline = list[tuple[Step, str]]
IN_ORDER: dict[str, Timeline] = {
    "cn": [
        (S.DEMAND, "2026-07-20 10:00"),
        (S.PROPOSE, "2026-08-10 10:00"),
        (S.INFORM_AUTHORITY, "2026-08-10 10:30"),
        (S.AUTHORITY_AGREES, "2026-08-10 10:40"),
        (S.APPROVE, "2026-08-10 11:00"),
        (S.NOTICE, "2026-08-10 12:00"),
        (S.RENOTICE, "2026-08-14 09:00"),
        (S.CUT, "2026-08-14 10:00"),
    ],
    "cn-strict": [
        (S.DEMAND, "2026-07-20 10:00"),
        (S.PROPOSE, "2026-08-10 10:00"),
        (S.INFORM_AUTHORITY, "2026-08-10 10:30"),
        (S.AUTHORITY_AGREES, "2026-08-10 10:40"),
        (S.APPROVE, "2026-08-10 11:00"),
        (S.NOTICE, "2026-08-10 12:00"),
        (S.RENOTICE, "2026-08-18 09:00"),
        (S.CUT, "2026-08-18 10:00"),
    ],
    "uk": [
        (S.DEMAND, "2026-07-20 10:00"),
        *[(S.CONTACT, f"2026-07-{day} 10:00") for day in (21, 22, 23)],
        (S.VISIT, "2026-07-24 10:00"),
        (S.OFFER_PLAN, "2026-07-24 10:30"),
        (S.OFFER_PREPAY, "2026-07-24 10:40"),
        (S.PROPOSE, "2026-08-18 10:00"),
        (S.APPROVE, "2026-08-18 11:00"),
        (S.NOTICE, "2026-08-18 12:00"),
        (S.WARRANT, "2026-08-27 10:00"),
        (S.CUT, "2026-08-28 10:00"),
    ],
    "ukp": [
        (S.DEMAND, "2026-07-20 10:00"),
        *[(S.CONTACT, f"2026-07-{day} 10:00") for day in range(21, 31)],
        (S.VISIT, "2026-07-31 10:00"),
        (S.OFFER_PLAN, "2026-07-31 10:30"),
        (S.PROPOSE, "2026-08-18 10:00"),
        (S.APPROVE, "2026-08-18 11:00"),
        (S.NOTICE, "2026-08-18 12:00"),
        (S.WARRANT, "2026-08-27 10:00"),
        (S.CUT, "2026-08-28 10:00"),
    ],
    "us-nj": [
        (S.DEMAND, "2026-07-20 10:00"),
        (S.OFFER_PLAN, "2026-07-20 10:30"),
        (S.PROPOSE, "2026-07-27 10:00"),
        (S.INFORM_AUTHORITY, "2026-07-27 10:30"),
        (S.APPROVE, "2026-07-27 11:00"),
        (S.NOTICE, "2026-08-10 12:00"),
        (S.CUT, "2026-08-24 10:00"),
    ],
}
BUSINESS = facts(kind=CustomerKind.BUSINESS)


@dataclass(frozen=True)
class Spoilt:
    """`why`: what is not in order when `step` is asked about at `at` (by default when it was done). `moved` and `without`
    change the steps before it."""

    why: str
    laws: str
    step: Step
    bars: str
    at: str | None = None
    about: Facts = field(default_factory=facts)
    without: tuple[Step, ...] = ()
    moved: Mapping[Step, str] = field(default_factory=dict)
    grant: Grant | None = None


def protected(*kinds: Protection, kind: CustomerKind = CustomerKind.RESIDENTIAL) -> Facts:
    return facts(kind=kind, protections=kinds)


def stopped(kind: StopKind, from_at: str, until_at: str | None = None) -> Facts:
    law = pack("cn")
    instants = [
        dt.datetime.fromisoformat(each).replace(tzinfo=law.calendar.zone) for each in (from_at, until_at) if each
    ]
    return replace(facts(), stops=(Stop(kind, *instants),))


HELD = stopped(StopKind.HOLD, "2026-08-01 00:00")
CONTESTED = stopped(StopKind.CONTEST, "2026-08-01 00:00")
SMALL = facts(bill(amount="200.00"))
DISPUTED = facts(bill(is_disputed=True))
NOT_DUE = facts(bill(due="2026-07-20"))
SUPERVISED = Grant("supervisor", dt.datetime(2027, 1, 1, tzinfo=dt.UTC), Decimal("500.00"))
LAPSED = replace(SUPERVISED, right="manager", until_at=dt.datetime(2026, 8, 11, tzinfo=dt.UTC))
LESS = replace(SUPERVISED, right="manager", amount=Decimal("499.99"))

CASES = [
    Spoilt("nothing was demanded", "cn cn-strict", S.PROPOSE, "demanded-first not-next", without=(S.DEMAND,)),
    Spoilt("demanded on the day itself", "cn cn-strict", S.PROPOSE, "demanded-first", moved={S.DEMAND: "2026-08-10 09:00"}),
    Spoilt("nothing was demanded", "us-nj", S.PROPOSE, "demanded-first plan-offered not-next",
           without=(S.DEMAND, S.OFFER_PLAN)),
    Spoilt("not yet due", ALL, S.DEMAND, "past-due", about=NOT_DUE),
    Spoilt("all of it disputed", ALL, S.DEMAND, "past-due", about=DISPUTED),
    Spoilt("30 days overdue, not more", "cn cn-strict", S.PROPOSE, "more-than-30-days", at="2026-08-09 23:59"),
    Spoilt("all of it disputed", "cn cn-strict", S.CUT, "more-than-30-days", about=DISPUTED),
    Spoilt("all of it disputed", "uk ukp", S.CUT, "undisputed-debt", about=DISPUTED),
    Spoilt("$200 and not yet three months", "us-nj", S.CUT, "200-dollars-or-three-months", about=SMALL),
    Spoilt("$200 and more than three months", "us-nj", S.CUT, "", about=facts(bill(amount="200.00", due="2026-05-20"))),
    Spoilt("28 days are not over", "uk ukp", S.PROPOSE, "28-days-from-the-demand", at="2026-08-17 23:59"),
    Spoilt("a hold on the account", ALL, S.CUT, "no-hold", about=HELD),
    Spoilt("a hold on the account", ALL, S.PROPOSE, "no-hold", about=HELD, at="2026-08-20 10:00"),
    Spoilt("a contest", ALL, S.CUT, "no-contest", about=CONTESTED),
    Spoilt("a contest", ALL, S.NOTICE, "no-contest", about=CONTESTED),
    Spoilt("not proposed", ALL, S.APPROVE, "proposed-first not-next",
           without=(S.PROPOSE, S.INFORM_AUTHORITY, S.AUTHORITY_AGREES)),
    Spoilt("proposed 25 days before", "cn cn-strict", S.APPROVE, "", at="2026-09-04 23:59"),
    Spoilt("proposed 26 days before", "cn cn-strict", S.APPROVE, "proposed-first", at="2026-09-05 00:00"),
    Spoilt("proposed 26 days before", "uk ukp", S.APPROVE, "proposed-first", at="2026-09-13 00:00"),
    Spoilt("proposed 26 days before", "us-nj", S.APPROVE, "proposed-first", at="2026-08-22 00:00"),
    Spoilt("not approved", ALL, S.NOTICE, "approved-first approval-holds not-next", without=(S.APPROVE,)),
    Spoilt("approved 31 days before", "cn cn-strict", S.NOTICE, "approved-first", at="2026-09-10 00:00"),
    Spoilt("approved 61 days before", "uk ukp", S.NOTICE, "approved-first", at="2026-10-18 00:00"),
    Spoilt("approved 61 days before", "us-nj", S.NOTICE, "approved-first", at="2026-09-26 00:00"),
    Spoilt("the approval lapsed", ALL, S.CUT, "approval-holds", grant=LAPSED),
    Spoilt("more is owed than was approved", ALL, S.CUT, "approval-holds", grant=LESS),
    Spoilt("a supervisor's approval is enough", ALL, S.CUT, "", grant=SUPERVISED),
    Spoilt("a supervisor's approval of an important user", "cn cn-strict", S.CUT, "manager-for-important-users",
           about=protected(P.IMPORTANT_USER), grant=SUPERVISED),
    Spoilt("the authority does not know", "cn cn-strict", S.NOTICE, "authority-of-important-users",
           about=protected(P.IMPORTANT_USER), without=(S.INFORM_AUTHORITY, S.AUTHORITY_AGREES)),
    Spoilt("the authority was not told", "cn cn-strict", S.AUTHORITY_AGREES, "authority-agrees-to-a-proposal",
           without=(S.INFORM_AUTHORITY,)),
    Spoilt("nothing was proposed", "cn cn-strict", S.INFORM_AUTHORITY, "authority-informed-of-a-proposal",
           without=(S.PROPOSE,)),
    Spoilt("the authority has not agreed", "cn cn-strict", S.CUT, "authority-agreed",
           about=protected(P.HIGH_RISK_USER), without=(S.AUTHORITY_AGREES,)),
    Spoilt("the authority has not agreed", "cn cn-strict", S.CUT, "authority-agreed",
           about=protected(P.CONTINUOUS_PROCESS), without=(S.AUTHORITY_AGREES,)),
    Spoilt("not told in writing", "cn cn-strict", S.RENOTICE, "notice-before-renotice not-next", without=(S.NOTICE,)),
    Spoilt("a notice of eight days ago", "cn", S.RENOTICE, "notice-before-renotice", at="2026-08-18 00:00"),
    Spoilt("a notice of fifteen days ago", "cn-strict", S.RENOTICE, "notice-before-renotice", at="2026-08-25 00:00"),
    Spoilt("third day", "cn", S.CUT, "notice-3-to-7-days", at="2026-08-13 23:59", moved={S.RENOTICE: "2026-08-13 23:00"}),
    Spoilt("seventh day", "cn", S.CUT, "", at="2026-08-17 23:59", moved={S.RENOTICE: "2026-08-17 23:00"}),
    Spoilt("eighth day", "cn", S.CUT, "notice-3-to-7-days", at="2026-08-18 00:00", moved={S.RENOTICE: "2026-08-17 23:00"}),
    Spoilt("29 minutes before", "cn", S.CUT, "told-again-30-minutes", at="2026-08-14 09:29"),
    Spoilt("59 minutes before", "cn-strict", S.CUT, "told-again-an-hour-before", at="2026-08-18 09:59"),
    Spoilt("told again the day before", "cn", S.CUT, "told-again-30-minutes", at="2026-08-15 09:00"),
    Spoilt("told again the day before", "cn-strict", S.CUT, "told-again-an-hour-before", at="2026-08-19 09:00"),
    Spoilt("seventh day", "cn-strict", S.CUT, "notice-7-days-for-residents", at="2026-08-17 10:00",
           moved={S.RENOTICE: "2026-08-17 09:00"}),
    Spoilt("a business on the fourth day", "cn-strict", S.CUT, "", at="2026-08-14 10:00", about=BUSINESS,
           moved={S.RENOTICE: "2026-08-14 09:00"}),
    Spoilt("a business on the third day", "cn-strict", S.CUT, "notice-3-days", at="2026-08-13 10:00", about=BUSINESS,
           moved={S.RENOTICE: "2026-08-13 09:00"}),
    Spoilt("fifteenth day", "cn-strict", S.CUT, "notice-3-days", at="2026-08-25 10:00",
           moved={S.RENOTICE: "2026-08-25 09:00"}),
    Spoilt("a Saturday", "cn-strict", S.CUT, "working-days-only", at="2026-08-22 10:00",
           moved={S.RENOTICE: "2026-08-22 09:00"}),
    Spoilt("the eve of a holiday", "cn-strict", S.CUT, "working-days-only", at="2026-09-24 10:00",
           moved={S.APPROVE: "2026-09-10 11:00", S.NOTICE: "2026-09-14 12:00", S.RENOTICE: "2026-09-24 09:00"}),
    Spoilt("before nine", "cn-strict", S.CUT, "working-hours-only", at="2026-08-18 08:59",
           moved={S.RENOTICE: "2026-08-18 07:00"}),
    Spoilt("at four", "cn-strict", S.CUT, "working-hours-only", at="2026-08-18 16:00"),
    *[Spoilt(f"a protected household: {kind}", "cn-strict", S.CUT, "protected-households", about=protected(kind))
      for kind in (P.ELDERLY, P.YOUNG_CHILDREN, P.LOW_INCOME, P.OTHER_VULNERABLE)],
    Spoilt("depends on medical equipment", "cn cn-strict", S.CUT, "medical", about=protected(P.MEDICAL)),
    Spoilt("not cut", "cn", S.RESTORE, "restored-after-a-cut not-next", at="2026-08-15 10:00", without=(S.CUT,)),
    Spoilt("not cut", "cn-strict uk ukp us-nj", S.RESTORE, "restored-after-a-cut not-next",
           at="2026-08-29 10:00", without=(S.CUT,)),
    Spoilt("nothing was demanded", "uk ukp us-nj", S.OFFER_PLAN, "plan-for-a-demand not-next", without=(S.DEMAND,)),
    Spoilt("nothing was demanded", "uk ukp", S.CONTACT, "contact-about-a-demand not-next",
           without=(S.DEMAND,), at="2026-07-22 10:00"),
    Spoilt("nothing was demanded", "uk ukp", S.VISIT, "visit-about-a-demand not-next", without=(S.DEMAND, S.CONTACT)),
    Spoilt("nothing was demanded", "uk", S.OFFER_PREPAY, "prepay-for-a-demand not-next",
           without=(S.DEMAND, S.CONTACT, S.VISIT, S.OFFER_PLAN)),
    Spoilt("nobody called", "uk", S.PROPOSE, "contacted", without=(S.CONTACT,)),
    Spoilt("nobody called", "ukp", S.PROPOSE, "ten-contacts", without=(S.CONTACT,)),
    Spoilt("nobody calls a business", "uk ukp", S.PROPOSE, "", without=(S.CONTACT,), about=BUSINESS),
    Spoilt("nobody visited", "uk ukp", S.PROPOSE, "visited", without=(S.VISIT,)),
    Spoilt("no plan was offered", "uk ukp us-nj", S.PROPOSE, "plan-offered", without=(S.OFFER_PLAN,)),
    Spoilt("four days to answer the plan", "us-nj", S.PROPOSE, "plan-offered", at="2026-07-25 23:59"),
    Spoilt("prepayment was not offered", "uk", S.PROPOSE, "prepay-offered", without=(S.OFFER_PREPAY,)),
    Spoilt("no notice, no warrant", "uk ukp", S.WARRANT, "warrant-after-the-notice", without=(S.NOTICE,)),
    Spoilt("the seventh working day", "uk ukp", S.CUT, "seven-working-days", at="2026-08-27 19:00"),
    Spoilt("61 days after the notice", "uk ukp", S.CUT, "seven-working-days", at="2026-10-18 10:00",
           moved={S.WARRANT: "2026-10-01 10:00"}),
    Spoilt("no warrant and no consent", "uk ukp", S.CUT, "warrant-or-consent", without=(S.WARRANT,)),
    Spoilt("an old warrant", "uk ukp", S.CUT, "warrant-or-consent", at="2026-09-25 10:00"),
    Spoilt("at eight in the evening", "uk ukp", S.CUT, "at-reasonable-times", at="2026-08-28 20:00"),
    *[Spoilt(f"never: {kind}", "ukp", S.CUT, "do-not-install", about=protected(kind))
      for kind in (P.ELDERLY, P.YOUNG_CHILDREN, P.MEDICAL)],
    *[Spoilt(f"October: {kind}", "uk", S.CUT, rule, at="2026-10-01 10:00", about=protected(kind),
             moved={S.WARRANT: "2026-09-10 10:00"})
      for kind, rule in ((P.ELDERLY, "winter-pensioners-and-children"), (P.YOUNG_CHILDREN, "winter-pensioners-and-children"),
                         (P.MEDICAL, "winter-vulnerable"), (P.OTHER_VULNERABLE, "winter-vulnerable"))],
    Spoilt("the last day of September", "uk", S.CUT, "", at="2026-09-30 10:00", about=protected(P.ELDERLY),
           moved={S.WARRANT: "2026-09-10 10:00"}),
    Spoilt("twenty days to pay are not over", "us-nj", S.NOTICE, "20-days-from-the-bill", at="2026-08-09 23:59"),
    Spoilt("the tenth day", "us-nj", S.CUT, "ten-days-notice", at="2026-08-20 10:00"),
    Spoilt("46 days after the notice", "us-nj", S.CUT, "ten-days-notice", at="2026-09-28 10:00"),
    *[Spoilt(f"a {day}", "us-nj", S.CUT, "no-fridays-and-weekends", at=f"2026-08-{date} 10:00")
      for day, date in (("Friday", 28), ("Saturday", 29), ("Sunday", 30))],
    Spoilt("Labor Day", "us-nj", S.CUT, "no-holidays-and-eves", at="2026-09-07 10:00"),
    Spoilt("the eve of Veterans Day", "us-nj", S.CUT, "no-holidays-and-eves", at="2026-11-10 10:00",
           moved={S.APPROVE: "2026-10-20 11:00", S.NOTICE: "2026-10-20 12:00"}),
    Spoilt("a business on Labor Day, a Monday", "us-nj", S.CUT, "", at="2026-09-07 10:00", about=BUSINESS),
    Spoilt("before eight", "us-nj", S.CUT, "8-to-4", at="2026-08-24 07:59"),
    Spoilt("at four", "us-nj", S.CUT, "8-to-4", at="2026-08-24 16:00"),
    Spoilt("a certified medical emergency", "us-nj", S.CUT, "medical-emergency", about=protected(P.MEDICAL)),
    *[Spoilt(f"the winter programme: {kind}", "us-nj", S.CUT, "winter-programme", at=at, about=protected(kind),
             moved={S.APPROVE: "2026-11-03 11:00", S.NOTICE: "2026-11-03 12:00"})
      for kind, at in ((P.LOW_INCOME, "2026-11-16 10:00"), (P.ELDERLY, "2026-11-17 10:00"),
                       (P.OTHER_VULNERABLE, "2026-12-16 10:00"))],
    Spoilt("nothing was proposed", "us-nj", S.INFORM_AUTHORITY, "board-told-of-a-proposal", without=(S.PROPOSE,)),
    Spoilt("a school of which the Board was not told", "us-nj", S.CUT, "board-told-of-hospitals-and-schools",
           about=protected(P.IMPORTANT_USER, kind=CustomerKind.PUBLIC_BODY), without=(S.INFORM_AUTHORITY,)),
    Spoilt("a school of which the Board was told 13 working days before", "us-nj", S.CUT,
           "board-told-of-hospitals-and-schools", about=protected(P.IMPORTANT_USER, kind=CustomerKind.PUBLIC_BODY),
           moved={S.INFORM_AUTHORITY: "2026-08-05 10:30"}),
]  # fmt: skip
