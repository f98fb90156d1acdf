"""Cases of the law in words, in both languages: states, steps, orders and answers, and why something may not be done."""

import datetime as dt
from zoneinfo import ZoneInfo

from arrears.domain.law.answer import Answer, Duty, Refusal
from arrears.domain.law.case import Channel, Measure, State, Step
from arrears.domain.law.record import Answered, Entry, FieldAnswer, Ordered, Retracted, Stepped, Task, amount

Word = Measure | State | Step | Channel | Task | FieldAnswer

_STATES = {
    State.DEMANDED: ("已催交", "demanded"),
    State.PROPOSED: ("已申请，待批准", "proposed, waiting for approval"),
    State.APPROVED: ("已批准", "approved"),
    State.NOTICE_SERVED: ("通知书已送达", "notice served"),
    State.RENOTIFIED: ("已再次通知", "told again"),
    State.CUT: ("已停电", "cut off"),
    State.RESTORED: ("已复电", "restored"),
    State.CANCELLED: ("已终止", "cancelled"),
}
_STEPS = {
    Step.DEMAND: ("催交", "demand"),
    Step.PROPOSE: ("申请", "propose"),
    Step.APPROVE: ("批准", "approve"),
    Step.REFUSE: ("不予批准", "refuse"),
    Step.NOTICE: ("送达通知书", "serve the notice"),
    Step.RENOTICE: ("再次通知", "tell again"),
    Step.CUT: ("停电", "cut"),
    Step.RESTORE: ("复电", "restore"),
    Step.CANCEL: ("终止", "cancel"),
    Step.CONTACT: ("联系用户", "contact"),
    Step.VISIT: ("上门", "visit"),
    Step.OFFER_PLAN: ("提供分期方案", "offer a plan"),
    Step.OFFER_PREPAY: ("提供预付费", "offer prepayment"),
    Step.INFORM_AUTHORITY: ("报告主管部门", "tell the authority"),
    Step.AUTHORITY_AGREES: ("主管部门同意", "the authority agrees"),
    Step.WARRANT: ("取得许可", "warrant"),
}
_ANSWERS = {
    FieldAnswer.DONE: ("已执行", "done"),
    FieldAnswer.NOT_FOUND: ("未找到", "not found"),
    FieldAnswer.REFUSED_ACCESS: ("拒绝进入", "refused access"),
    FieldAnswer.PAID_AT_THE_DOOR: ("现场缴费", "paid at the door"),
    FieldAnswer.WITHDRAWN: ("已撤回", "withdrawn"),
}
_CHANNELS = {
    Channel.LETTER: ("信函", "letter"),
    Channel.IN_PERSON: ("当面", "in person"),
    Channel.EMAIL: ("电子邮件", "e-mail"),
    Channel.SMS: ("短信", "SMS"),
    Channel.PHONE: ("电话", "phone"),
    Channel.POSTED: ("张贴", "posted up"),
}
_MEASURES = {Measure.DISCONNECTION: ("停电催费", "disconnection"), Measure.PREPAY: ("强制预付费", "prepayment meter")}
_TASKS = {Task.CUT: ("停电", "cut"), Task.RESTORE: ("复电", "restore")}


def term(word: Word, language: str) -> str:
    """`language` is zh-CN or en."""
    tables: tuple[dict[Word, tuple[str, str]], ...] = (_STATES, _STEPS, _ANSWERS, _CHANNELS, _MEASURES, _TASKS)  # type: ignore[assignment]
    for table in tables:
        for each, said in table.items():
            if each is word:
                return said[language == "en"]
    raise ValueError(f"{word!r} has no words")


def local(at: dt.datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def reason(refusal: Refusal, zone: ZoneInfo, language: str) -> str:
    """A rule that bars: its id, sentence and reference, and from when on it alone would let the step pass."""
    said = refusal.unknown or (refusal.clause.en if language == "en" else refusal.clause.zh)
    opens = f"; {_says(language, '自', 'from ')}{local(refusal.opens_at, zone)}" if refusal.opens_at else ""
    return f"{refusal.clause.id}: {said} ({refusal.clause.reference}{opens})"


def first(answer: Answer, zone: ZoneInfo, language: str) -> str:
    """When the step may be done at the earliest."""
    if answer.is_allowed:
        return _says(language, "现在", "now")
    if answer.earliest_at is not None:
        return local(answer.earliest_at, zone)
    return answer.unknown or _says(language, "现状下不可", "never while things stand as they do")


def must(duty: Duty, zone: ZoneInfo, language: str) -> str:
    """What has to be done, by when, and by which rule."""
    said = duty.clause.en if language == "en" else duty.clause.zh
    by = _says(language, "须于{at}前", "must be done by {at}").format(at=local(duty.due_at, zone))
    return f"{term(duty.step, language)}: {by} · {duty.clause.id}: {said} ({duty.clause.reference})"


def sentence(entry: Entry, zone: ZoneInfo, language: str) -> str:
    """What an entry says."""
    if isinstance(entry, Ordered):
        order = entry.order
        window = f"{local(order.from_at, zone)} – {local(order.until_at, zone)}"
        sum_ = f" · {order.amount:,}" if order.amount else ""
        head = _says(language, "派工", "order to the field")
        parts = [f"{head}: {term(order.task, language)} · {order.place} · {window}{sum_}", entry.why]
    elif isinstance(entry, Answered):
        paid = f" {entry.paid_amount:,}" if entry.paid_amount else ""
        parts = [f"{_says(language, '现场答复', 'the field')}: {term(entry.answer, language)}{paid}", entry.why]
    elif isinstance(entry, Retracted):
        parts = [_says(language, "随夜间运行撤回提议", "the proposal is taken back with its run"), entry.why]
    else:
        parts = [_stepped(entry, language), entry.proof, entry.done.why]
    return " · ".join(part for part in parts if part)


def _stepped(entry: Stepped, language: str) -> str:
    done = entry.done
    said = term(done.step, language)
    if done.claim is not None:
        said += f" ({', '.join(sorted(done.claim.bills))})"
    if entry.proposal is not None:
        by = term(entry.proposal.channel, language)
        said += f" ({amount(entry.proposal.bills):,}; {_says(language, '通知方式', 'notice by')}: {by})"
    if done.channel is not None:
        said += f" ({term(done.channel, language)})"
    if done.grant is not None:
        said += f" ({done.grant.right}, {done.grant.amount:,})"
    return said


def _says(language: str, zh: str, en: str) -> str:
    return en if language == "en" else zh
