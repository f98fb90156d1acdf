"""A late fact as a sentence, in Chinese and English."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from arrears.review.late_facts import COUNTED, LateFact

PRIVATE = ("customer", "contact", "protection", "hold")
"""Tables whose values are nobody's business in a report: it says that something was recorded, not what."""

SENTENCES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("payment", "reversed"): (
        "缴费 {reverses_payment_id}（{undone_paid_on}，{undone_amount}）于 {paid_on} 冲正",
        "payment {reverses_payment_id} of {undone_paid_on} over {undone_amount} was reversed on {paid_on}",
    ),
    ("payment", "new"): ("缴费 {payment_id}：{paid_on}，{amount}", "payment {payment_id} of {paid_on} over {amount}"),
    ("bill", "new"): (
        "账单 {bill_id}：{issued_on} 出账，{amount}，{due_on} 到期",
        "bill {bill_id} of {issued_on} over {amount}, due {due_on}",
    ),
    ("bill", "cancelled"): (
        "账单 {bill_id}（{issued_on}，{amount}）作废",
        "bill {bill_id} of {issued_on} over {amount} was cancelled",
    ),
    ("dispute", "new"): (
        "账单 {bill_id} 自 {opened_on} 起有争议（{dispute_id}）",
        "bill {bill_id} is in dispute since {opened_on} (dispute {dispute_id})",
    ),
    ("dispute", "closed"): (
        "账单 {bill_id} 的争议 {dispute_id} 于 {closed_on} 结束",
        "dispute {dispute_id} of bill {bill_id} was closed on {closed_on}",
    ),
    ("adjustment", "new"): (
        "调整 {adjustment_id}（{kind}）：{adjusted_on}，{amount}",
        "adjustment {adjustment_id} ({kind}) of {adjusted_on} over {amount}",
    ),
    ("adjustment", "cancelled"): (
        "调整 {adjustment_id}（{kind}，{adjusted_on}，{amount}）撤销",
        "adjustment {adjustment_id} ({kind}) of {adjusted_on} over {amount} was withdrawn",
    ),
    ("incident", "new"): (
        "违约用电/窃电 {incident_id}（{kind}）于 {confirmed_on} 认定",
        "incident {incident_id} ({kind}) was confirmed on {confirmed_on}",
    ),
    ("incident", "overturned"): (
        "违约用电/窃电 {incident_id}（{kind}，{confirmed_on}）被撤销",
        "incident {incident_id} ({kind}) of {confirmed_on} was overturned",
    ),
    ("arrangement", "new"): (
        "协议 {arrangement_id} 第 {part_no} 期（{kind}）：{agreed_on} 签订，{due_on} 到期，{amount}",
        "arrangement {arrangement_id} ({kind}), part {part_no}, agreed on {agreed_on}: {amount} due {due_on}",
    ),
    ("reading", "counted"): (
        "{rows} 条抄表数据，{first_on} 至 {last_on}",
        "readings ({rows}) of {first_on} to {last_on}",
    ),
    ("profile", "counted"): (
        "{rows} 条负荷数据，{first_on} 至 {last_on}",
        "profile values ({rows}) of {first_on} to {last_on}",
    ),
    ("", "deleted"): ("{label} {key} 被源系统删除", "{label} {key} was deleted at the source"),
    ("", "private"): ("{label}有登记", "an entry in {label}"),
    ("", "new"): ("{label} {key}", "{label} {key}"),
    ("", "changed"): ("{label} {key} 变更：{changes}", "{label} {key} changed: {changes}"),
}
"""By table and what happened; a table that is not here takes the sentence of the empty name."""

LABELS: Mapping[str, tuple[str, str]] = {
    "customer": ("客户档案", "the customer's record"),
    "premise": ("用电地址", "premise"),
    "account": ("用户档案", "account"),
    "meter": ("电能表", "meter"),
    "bill": ("账单", "bill"),
    "adjustment": ("调整", "adjustment"),
    "payment": ("缴费", "payment"),
    "security": ("担保", "security"),
    "incident": ("违约用电/窃电", "incident"),
    "dispute": ("争议", "dispute"),
    "arrangement": ("协议", "arrangement"),
    "hold": ("暂缓催收", "holds"),
    "contact": ("联系方式", "the customer's contacts"),
    "protection": ("保护标记", "protections"),
    "external_record": ("外部记录", "external record"),
}

STATUSES = {"bill": "cancelled", "adjustment": "cancelled", "incident": "overturned"}
"""The status with which a row of the table stands no more."""


def sentence(fact: LateFact, zone: ZoneInfo, language: str) -> str:
    """What happened, when it was recorded, and, where that was not at once, by which pull it came."""
    position = 0 if language == "zh-CN" else 1
    what = _what(fact)
    words = SENTENCES.get((fact.table, what)) or SENTENCES["", what]
    values = {name: _shown(value) for name, value in fact.row.items()}
    values |= {f"undone_{name}": _shown(value) for name, value in (fact.undone or {}).items()}
    values |= {
        "label": LABELS.get(fact.table, (fact.table, fact.table))[position],
        "key": fact.key,
        "changes": ", ".join(
            f"{name} {_shown((fact.earlier or {}).get(name))} → {_shown(fact.row[name])}" for name in fact.changed
        ),
    }
    return words[position].format_map(values) + _recorded(fact, zone, position)


def _what(fact: LateFact) -> str:
    row = fact.row
    if fact.table in COUNTED:
        return "counted"
    if fact.table in PRIVATE:
        return "private"
    if fact.is_deleted:
        return "deleted"
    if fact.undone is not None:
        return "reversed"
    if fact.table in STATUSES and row["status"] == STATUSES[fact.table]:
        return STATUSES[fact.table]
    if fact.table == "dispute" and row["closed_on"] is not None and fact.earlier is not None:
        return "closed"
    return "new" if fact.earlier is None else "changed"


def _recorded(fact: LateFact, zone: ZoneInfo, position: int) -> str:
    """A pull at the midnight that ends the day of recording is the usual one, and not worth a word."""
    recorded = fact.recorded_at.astimezone(zone).date()
    pulled = fact.pulled_until.astimezone(zone).date() if fact.pulled_until else recorded
    told = (f"，{recorded} 登记", f", recorded {recorded}")[position]
    if pulled > recorded + dt.timedelta(days=1):
        told += (f"，{pulled} 才取到", f", and not pulled before {pulled}")[position]
    return told


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, (Decimal, int)) else str(value)
