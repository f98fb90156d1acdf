"""What happened to a case, in words for staff, in both languages."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from arrears.casebook.read import RUN, StoredEvent
from arrears.domain.episode_events import (
    Acknowledged,
    CalmerNight,
    ContactChannel,
    ContactRecorded,
    ContactResult,
    CoolDownEnd,
    CoolDownEnded,
    DismissalReason,
    Dismissed,
    Event,
    FollowUpSet,
    Level,
    LevelChanged,
    NoteAdded,
    Outcome,
    OwnerChanged,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseState,
    Raised,
    Resolved,
    State,
    Steadied,
    TakenBack,
    TreatmentBegun,
)

ZH = "zh-CN"

TERMS: Mapping[Enum, tuple[str, str]] = {
    Level.NONE: ("无预警", "no warning"),
    Level.BLUE: ("蓝色", "blue"),
    Level.YELLOW: ("黄色", "yellow"),
    Level.ORANGE: ("橙色", "orange"),
    Level.RED: ("红色", "red"),
    State.RAISED: ("待确认", "raised"),
    State.ACKNOWLEDGED: ("已确认", "acknowledged"),
    State.IN_TREATMENT: ("处理中", "in treatment"),
    State.RESOLVED: ("已结束", "resolved"),
    Outcome.PAID_IN_TIME: ("按期缴清", "paid in time"),
    Outcome.FELL_INTO_ARREARS: ("已形成欠费", "fell into arrears"),
    Outcome.DISMISSED: ("已撤销", "dismissed"),
    Outcome.EXPIRED: ("已过期", "expired"),
    Outcome.WITHDRAWN: ("随夜间运行撤回", "withdrawn with its run"),
    DismissalReason.PAID_ALREADY: ("已缴费，尚未入账", "paid already, not booked yet"),
    DismissalReason.WRONG_FACTS: ("数据有误", "the facts are wrong"),
    DismissalReason.IN_DISPUTE: ("争议处理中", "in dispute"),
    DismissalReason.AGREED_OTHERWISE: ("已另有约定", "agreed otherwise"),
    DismissalReason.KNOWN_AND_SAFE: ("情况已知，风险可控", "known and safe"),
    DismissalReason.OTHER: ("其他", "other"),
    ContactChannel.PHONE: ("电话", "phone"),
    ContactChannel.MESSAGE: ("短信或即时消息", "message"),
    ContactChannel.EMAIL: ("电子邮件", "e-mail"),
    ContactChannel.LETTER: ("信函", "letter"),
    ContactChannel.VISIT: ("上门", "visit"),
    ContactChannel.COUNTER: ("营业厅", "counter"),
    ContactResult.REACHED: ("已联系上", "reached"),
    ContactResult.NOT_REACHED: ("未联系上", "not reached"),
    ContactResult.WRONG_CONTACT: ("联系方式有误", "wrong number or address"),
    ContactResult.REFUSED: ("拒绝沟通", "refused to talk"),
    CoolDownEnd.OVER: ("静默期已满", "the cool-down is over"),
    CoolDownEnd.HIGHER_LEVEL: ("预警级别高于撤销时", "it is worse than when it was dismissed"),
    CoolDownEnd.IN_COLLECTION: ("已进入催收", "the account is in collection"),
    PromiseState.OPEN: ("待兑现", "open"),
    PromiseState.KEPT: ("已兑现", "kept"),
    PromiseState.BROKEN: ("未兑现", "broken"),
}
"""Chinese and English of every value that staff see."""

_SENTENCES: Mapping[type[Event], tuple[str, str]] = {
    Raised: ("产生预警，级别：{level}", "raised at {level}"),
    LevelChanged: ("级别由{before}变为{after}", "level changed from {before} to {after}"),
    CalmerNight: ("当夜级别较低：{level}", "a calmer night: {level}"),
    Steadied: ("级别恢复", "back at its level"),
    Resolved: ("结束：{outcome}", "resolved: {outcome}"),
    CoolDownEnded: ("可再次预警：{cause}", "may be raised again: {cause}"),
    PromiseKept: ("承诺已兑现，收到 {paid_amount}", "promise kept, {paid_amount} came"),
    PromiseBroken: ("承诺未兑现，到期前收到 {paid_amount}", "promise broken, {paid_amount} came in time"),
    TakenBack: ("夜间运行被撤回，恢复为：{state}", "the night's run was reversed; again: {state}"),
    Acknowledged: ("已确认", "acknowledged"),
    TreatmentBegun: ("开始处理", "treatment begun"),
    Dismissed: ("已撤销：{reason}", "dismissed: {reason}"),
    OwnerChanged: ("负责人：{owner}", "owner: {owner}"),
    FollowUpSet: ("跟进日期：{follow_up_on}", "follow-up: {follow_up_on}"),
    NoteAdded: ("备注", "note"),
    ContactRecorded: ("联系（{channel}）：{result}", "contact by {channel}: {result}"),
    PromiseMade: ("承诺于 {due_on} 前缴费 {amount}", "promised {amount} by {due_on}"),
}


def term(value: Enum, language: str) -> str:
    """A value in words."""
    chinese, english = TERMS[value]
    return chinese if language == ZH else english


def sentence(event: Event, language: str) -> str:
    """What happened, and why where a person said it."""
    chinese, english = _SENTENCES[type(event)]
    values = {field.name: _shown(getattr(event, field.name), language) for field in fields(event)}
    said = (chinese if language == ZH else english).format(**values)
    why = getattr(event, "why", "")
    return said + (f" · {why}" if why else "")


def told(account_id: str, later: Sequence[StoredEvent], zone: ZoneInfo) -> str:
    """For the second of two people: what changed since they looked, by whom."""
    what = "; ".join(
        f"{when(each.occurred_at, zone)} {who(each.actor)}: {sentence(each.event, 'en')}" for each in later
    )
    return f"the case of account {account_id} changed since you looked at it, and nothing of yours was kept: {what}; look again"


def who(actor: str, language: str = "en") -> str:
    """The one who did it; a night has no name."""
    if actor == RUN:
        return "夜间运行" if language == ZH else "the nightly run"
    return actor


def when(at: dt.datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def _shown(value: object, language: str) -> str:
    if value is None:
        return "无" if language == ZH else "none"
    if isinstance(value, Enum) and value in TERMS:
        return term(value, language)
    return f"{value:,}" if isinstance(value, Decimal) else str(value)
