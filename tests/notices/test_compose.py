import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from arrears.domain.late_fee import late_fee
from arrears.domain.law.facts import CustomerKind
from arrears.domain.notice import Channel, NoticeKind
from arrears.errors import CasebookError, PolicyError
from arrears.notices import compose, compose_credit
from arrears.notices.account import fee_of, standing
from arrears.notices.compose_credit import Graded
from arrears.notices.examples import example, write
from arrears.notices.printed import LANGUAGES, masked
from arrears.notices.stationery import written
from arrears.policy.law import load_pack
from arrears.policy.notices import NoticesFile, load_notices
from arrears.settings import ROOT
from tests.notices.letters import AS_OF, FACTS, PAID_UP, SENDER, signal_of, templates, writing_of

BUSINESS = replace(FACTS, customer_kind=CustomerKind.BUSINESS, bills=FACTS.bills[:1], payments=())
RULES = SENDER.pack.late_fee


def fee(facts: object) -> Decimal:
    return fee_of(facts, standing(facts, AS_OF), RULES).total  # type: ignore[arg-type]


def test_the_late_fee_is_that_of_the_domain_s_rule() -> None:
    """36 days from 26 September to 31 October at 2 per mille of 1,204.60."""
    assert fee(BUSINESS) == Decimal("86.73")
    assert fee(replace(BUSINESS, customer_kind=CustomerKind.RESIDENTIAL)) == Decimal("43.37")


def test_days_under_dispute_accrue_nothing() -> None:
    ended = {"2026-08": ((dt.date(2026, 9, 26), dt.date(2026, 10, 25)),)}
    assert fee(replace(BUSINESS, disputed=ended)) == Decimal("14.46"), "6 of the 36 days"


def test_what_was_paid_late_stops_accruing_on_its_day() -> None:
    """The first bill of FACTS was paid in full on 2 October, the second in part: only what is still open is told."""
    found = standing(FACTS, AS_OF)
    assert [line.bill_id for line in fee_of(FACTS, found, RULES).lines] == ["2026-09"]


def test_a_bill_under_dispute_has_no_fee_on_a_notice() -> None:
    facts = replace(BUSINESS, bills=(replace(BUSINESS.bills[0], is_disputed=True),))
    assert fee(facts) == late_fee(RULES, CustomerKind.BUSINESS, (), AS_OF).total == 0


def test_money_in_the_customer_s_favour_is_told() -> None:
    facts = replace(PAID_UP, payments=(replace(FACTS.payments[0], amount=Decimal("2000.00")),), language="en")
    context = write(NoticeKind.RESTORATION, writing_of(facts))
    assert getattr(context, "credit_amount", None) == "CN¥20.00"
    assert getattr(context, "total_amount", None) == "CN¥0.00"
    assert context.pay_link == "", "nothing to pay, nothing to scan"


def test_a_demand_asks_for_something() -> None:
    with pytest.raises(CasebookError, match="nothing is overdue; there is nothing to demand"):
        compose.demand(writing_of(PAID_UP), signal_of(PAID_UP))
    facts = replace(FACTS, bills=FACTS.bills[:1], payments=())
    with pytest.raises(CasebookError, match="nothing is coming due"):
        compose.reminder(writing_of(facts), signal_of(facts))


def test_plurals() -> None:
    facts = replace(
        FACTS, language="en", bills=(replace(FACTS.bills[0], due_on=AS_OF - dt.timedelta(days=1)),), payments=()
    )
    assert compose.demand(writing_of(facts), signal_of(facts)).oldest_age == "1 day"
    assert compose.demand(writing_of(replace(facts, language="zh-CN")), signal_of(facts)).oldest_age == "1天"


@pytest.mark.parametrize("place", ["cn", "cn-strict", "uk", "us-nj"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_can_be_written_under_every_law(place: str, language: str) -> None:
    sender = replace(SENDER, pack=load_pack(ROOT / "policy", place, AS_OF))
    kinds = written(sender)
    assert len(kinds) >= len(NoticeKind) - 1
    for kind in kinds:
        example(kind, sender, language)


def test_the_notice_s_period_is_the_pack_s() -> None:
    assert getattr(example(NoticeKind.STOP_NOTICE, SENDER, "en"), "notice_period", "") == "3 days"
    jersey = replace(SENDER, pack=load_pack(ROOT / "policy", "us-nj", AS_OF))
    assert getattr(example(NoticeKind.STOP_NOTICE, jersey, "en"), "notice_period", "") == "10 days"


def graded(published: dict[str, object]) -> list[tuple[str, str]]:
    rules = NoticesFile.model_validate({**SENDER.rules.model_dump(), "published": published})
    writing = replace(writing_of(replace(FACTS, language="en")), sender=replace(SENDER, rules=rules))
    statement = compose_credit.credit_statement(writing, Graded(2025, "C", ("A", "B", "C"), ("late_streak_bills",)))
    return [(line.name, line.value) for line in statement.published]


def test_in_public_only_what_the_policy_names_and_masked() -> None:
    assert graded({"fields": [], "digits": 4}) == []
    shown = graded({"fields": ["account_id", "grade"], "digits": 4})
    assert shown == [("Account", "******2345"), ("Grade", "C")]
    assert masked("123", 4) == "***", "short numbers are not shown at all"


def test_a_statement_says_what_is_public_of_it() -> None:
    for fields, is_shown in (([], False), (["account_id"], True)):
        published = {"fields": fields, "digits": 4}
        rules = NoticesFile.model_validate({**SENDER.rules.model_dump(), "published": published})
        writing = replace(writing_of(replace(FACTS, language="en")), sender=replace(SENDER, rules=rules))
        statement = compose_credit.credit_statement(writing, Graded(2025, "C", ("A", "B", "C"), ()))
        for rendering in templates(NoticeKind.CREDIT_STATEMENT).render(statement):
            body = rendering.text or rendering.body
            if rendering.channel is not Channel.SMS:
                assert ("******2345" in body, "not shown in public" in body) == (is_shown, not is_shown)


def test_a_name_is_never_published(tmp_path: Path) -> None:
    folder = tmp_path / "notices"
    folder.mkdir()
    text = (ROOT / "policy" / "notices" / "2010-01-01.yaml").read_text(encoding="utf-8")
    (folder / "2010-01-01.yaml").write_text(text.replace("fields: []", "fields: [customer_name]"), encoding="utf-8")
    with pytest.raises(PolicyError, match="published"):
        load_notices(folder.parent, AS_OF)
