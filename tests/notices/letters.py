"""A customer, its bills, and the signal that fits them."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from functools import cache

from arrears.domain.ledger import BillFact, PaymentFact
from arrears.domain.notice import NoticeKind
from arrears.notices import compose
from arrears.notices.account import AccountFacts, Owed
from arrears.notices.context import PaymentReminder
from arrears.notices.examples import owed_of
from arrears.notices.render import NoticeTemplates
from arrears.notices.words import BUILT_IN
from arrears.notices.writing import Sender, Writing
from arrears.policy.law import load_pack
from arrears.policy.notices import load_notices
from arrears.settings import ROOT
from arrears.sources.mapping import Creditor, FilesConnection, SourceFile

AS_OF = dt.date(2026, 10, 31)
LABELS = {
    "late_streak_bills": ("最近连续逾期账单数", "latest bills in a row paid late"),
    "bill_level_ratio": ("近3个月账单与此前9个月均值之比", "bills of the last 3 months against the 9 before"),
}
SOURCE = SourceFile(
    name="demo",
    zone="Asia/Shanghai",
    currency="CNY",
    language="zh-CN",
    creditor=Creditor(
        zh="演示供电公司",
        en="Demo Power Supply Co.",
        phone="95598",
        pay_zh="请通过网上国网、微信、支付宝或营业厅缴费。",
        pay_en="Through the app, at a bank, or at any of our offices.",
        contest_zh="如对账单或本提醒有异议，请在收到之日起30日内致电95598或到营业厅提出，由工作人员复核并答复。",
        contest_en="If you disagree with a bill or with this letter, call 95598 or visit an office within 30 days; "
        "a member of staff will review it and answer you.",
        address_zh="示范市光明路1号",
        address_en="1 Guangming Road, Shifan",
        hours_zh="每日8:00至20:00",
        hours_en="daily, 8:00 to 20:00",
        pay_link="https://pay.example.com/?account={account_id}&amount={amount}",
    ),
    connections={"drop": FilesConnection(kind="files", folders=[], env="NONE", views={})},
)
SENDER = Sender(SOURCE, load_pack(ROOT / "policy", "cn", AS_OF), load_notices(ROOT / "policy", AS_OF), LABELS)
BILLS = (
    BillFact("2026-08", dt.date(2026, 9, 5), dt.date(2026, 9, 25), Decimal("1204.60")),
    BillFact("2026-09", dt.date(2026, 10, 5), dt.date(2026, 10, 25), Decimal("310.25")),
    BillFact("2026-10A", dt.date(2026, 10, 20), dt.date(2026, 11, 5), Decimal("1980.00")),
    BillFact("2026-10B", dt.date(2026, 10, 28), dt.date(2026, 11, 18), Decimal("12.34")),
    BillFact("2026-10C", dt.date(2026, 10, 28), dt.date(2026, 11, 20), Decimal("500.00"), is_disputed=True),
)
FACTS = AccountFacts(
    "0100012345",
    "王小明",
    None,
    BILLS,
    (PaymentFact("p1", dt.date(2026, 10, 2), Decimal("1404.60")),),
    address="示范市光明路88号\n3号楼502室",
    postcode="100000",
)
PAID_UP = replace(FACTS, bills=BILLS[2:3], payments=())


def signal_of(facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills", "bill_level_ratio")) -> Owed:
    """What the features say of these bills."""
    return owed_of(facts, AS_OF, reasons)


def writing_of(facts: AccountFacts) -> Writing:
    return Writing(SENDER, "0f" * 16, facts, AS_OF)


def context_of(
    facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills", "bill_level_ratio")
) -> PaymentReminder:
    return compose.reminder(writing_of(facts), signal_of(facts, reasons))


@cache
def templates(kind: NoticeKind = NoticeKind.PAYMENT_REMINDER) -> NoticeTemplates:
    return NoticeTemplates(BUILT_IN, kind)
