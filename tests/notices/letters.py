"""A customer, its bills, and the signal that fits them."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

from arrears.domain.ledger import BillFact, PaymentFact, open_amounts, overdue_amount
from arrears.domain.notice import NoticeKind
from arrears.notices.context import AccountFacts, ReminderContext, ReminderSignal, reminder_context
from arrears.notices.render import NoticeTemplates
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
    ),
    connections={"drop": FilesConnection(kind="files", folders=[], env="NONE", views={})},
)
BILLS = (
    BillFact("2026-08", dt.date(2026, 9, 5), dt.date(2026, 9, 25), Decimal("1204.60")),
    BillFact("2026-09", dt.date(2026, 10, 5), dt.date(2026, 10, 25), Decimal("310.25")),
    BillFact("2026-10A", dt.date(2026, 10, 20), dt.date(2026, 11, 5), Decimal("1980.00")),
    BillFact("2026-10B", dt.date(2026, 10, 28), dt.date(2026, 11, 18), Decimal("12.34")),
    BillFact("2026-10C", dt.date(2026, 10, 28), dt.date(2026, 11, 20), Decimal("500.00"), is_disputed=True),
)
FACTS = AccountFacts(
    "0100012345", "王小明", None, BILLS, (PaymentFact("p1", dt.date(2026, 10, 2), Decimal("1404.60")),)
)
PAID_UP = replace(FACTS, bills=BILLS[2:3], payments=())


def signal_of(
    facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills", "bill_level_ratio")
) -> ReminderSignal:
    """What the features say of these bills."""
    rows = open_amounts(facts.bills, facts.payments)
    coming = [row for row in rows if row.open_amount and not row.bill.is_disputed and row.bill.due_on >= AS_OF]
    return ReminderSignal(
        account_id=facts.account_id,
        open_amount=sum((row.open_amount for row in rows), Decimal("0.00")),
        overdue_amount=overdue_amount(AS_OF, rows),
        next_due_on=min(row.bill.due_on for row in coming),
        next_due_amount=sum((row.open_amount for row in coming), Decimal("0.00")),
        reasons=reasons,
    )


def context_of(
    facts: AccountFacts, reasons: tuple[str, ...] = ("late_streak_bills", "bill_level_ratio")
) -> ReminderContext:
    return reminder_context("0f" * 16, signal_of(facts, reasons), facts, AS_OF, SOURCE, LABELS)


def templates() -> NoticeTemplates:
    return NoticeTemplates(ROOT / "templates" / "notices", NoticeKind.PAYMENT_REMINDER)
