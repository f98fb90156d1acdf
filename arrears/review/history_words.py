"""What was done about an account, in words for staff, in both languages: decisions, holds, approvals, contests, requests,
notices. Episodes and cases of the law have words of their own (`case_words`, `law_words`)."""

from collections.abc import Mapping
from typing import Any

from arrears.review.axis_words import axis_word, term_words, value_word

KINDS: Mapping[str, tuple[str, str]] = {
    "warning": ("预警", "Warning"),
    "decision": ("措施", "Decision"),
    "hold": ("暂缓", "Hold"),
    "approval": ("审批", "Approval"),
    "contest": ("异议", "Contest"),
    "law": ("停电程序", "Case of the law"),
    "notice": ("通知", "Notice"),
    "request": ("申请", "Request"),
}
"""What an entry of the history is of."""

WORDS: Mapping[str, tuple[str, str]] = {
    "decision_confirmed": ("确认：{of}", "confirmed: {of}"),
    "decision_changed": ("改为：{to}（{axis}）", "changed: {axis} to {to}"),
    "decision_refused": ("不予采纳：{of}", "refused: {of}"),
    "decision_reversed": ("随夜间运行撤回：{of}", "taken back with its run: {of}"),
    "hold_entered": ("暂缓（{reason}）{bill}，至 {until}", "hold ({reason}) {bill} until {until}"),
    "hold_ended": ("暂缓提前结束", "the hold was ended"),
    "approval_asked": ("申请批准：{what}，欠费 {amount}", "approval asked for: {what}, {amount} owed"),
    "approval_approved": ("已批准：{what}", "approved: {what}"),
    "approval_refused": ("未批准：{what}", "not approved: {what}"),
    "approval_superseded": ("原申请失效：{what}", "the request no longer stands: {what}"),
    "approval_reminded": ("已提醒审批人：{what}", "the approver was reminded: {what}"),
    "contest_take_in": ("受理异议", "contest taken in"),
    "contest_review": ("开始复核异议", "contest under review"),
    "contest_answer": ("答复异议：{finding}", "contest answered: {finding}"),
    "contest_withdraw": ("用户撤回异议", "contest withdrawn"),
    "request_made": ("提出申请：{what}", "request made: {what}"),
    "request_checked": ("额度与期限核查通过", "checked against limit and term"),
    "request_blocked": ("核查未通过", "blocked by the check"),
    "request_review_begun": ("开始复核申请", "request under review"),
    "request_approved": ("申请生效", "request approved"),
    "request_refused": ("申请未批准", "request refused"),
    "request_withdrawn": ("申请撤回", "request withdrawn"),
    "request_lapsed": ("申请逾期失效", "request lapsed"),
    "request_part_kept": ("第 {part} 期已付", "part {part} was paid"),
    "request_part_missed": ("第 {part} 期未付", "part {part} was missed"),
    "request_kept": ("协议履行完毕", "the agreement was kept"),
    "request_broken": ("协议违约", "the agreement was broken"),
    "notice_drafted": ("{notice}：已起草", "{notice}: drafted"),
    "notice_release": ("{notice}：放行", "{notice}: released"),
    "notice_withdraw": ("{notice}：撤回", "{notice}: withdrawn"),
    "notice_expire": ("{notice}：过期作废", "{notice}: expired"),
    "notice_claim": ("{notice}：发送中（{way}）", "{notice}: being sent ({way})"),
    "notice_defer": ("{notice}：稍后重发（{way}）", "{notice}: to be tried again ({way})"),
    "notice_accept": ("{notice}：已发出（{way}）", "{notice}: sent ({way})"),
    "notice_refuse": ("{notice}：未能发出（{way}）", "{notice}: failed ({way})"),
    "notice_lose": ("{notice}：是否发出不明（{way}）", "{notice}: in doubt whether it was sent ({way})"),
    "notice_arrive": ("{notice}：已送达（{way}）", "{notice}: delivered ({way})"),
    "notice_bounce": ("{notice}：退回（{way}）", "{notice}: came back ({way})"),
    "notice_next": ("{notice}：改用下一方式（{way}）", "{notice}: on to the next way ({way})"),
}
"""By the type of the event."""

NOTICES: Mapping[str, tuple[str, str]] = {
    "payment_reminder": ("缴费提醒", "payment reminder"),
    "arrears_demand": ("催缴通知", "arrears demand"),
    "prepay_offer": ("预付费方案", "prepay offer"),
    "deferral_agreement": ("缓交协议", "deferral agreement"),
    "instalment_agreement": ("分期协议", "instalment agreement"),
    "field_visit_slip": ("上门通知单", "field-visit slip"),
    "decision": ("决定通知", "notice of a decision"),
    "stop_notice": ("停电通知书", "notice of stop of supply"),
    "stop_renotice": ("停电前再次通知", "second notice before the stop"),
    "restoration": ("复电通知", "restoration notice"),
    "credit_statement": ("年度信用告知书", "credit statement"),
}
WAYS: Mapping[str, tuple[str, str]] = {
    "email": ("电子邮件", "e-mail"),
    "sms": ("短信", "SMS"),
    "chat": ("即时消息", "chat"),
    "letter": ("信函", "letter"),
}
STATES: Mapping[str, tuple[str, str]] = {
    "planned": ("备用", "planned"),
    "drafted": ("已起草", "drafted"),
    "released": ("已放行", "released"),
    "sending": ("发送中", "being sent"),
    "in_doubt": ("是否发出不明", "in doubt"),
    "sent": ("已发出", "sent"),
    "delivered": ("已送达", "delivered"),
    "failed": ("未能发出", "failed"),
    "returned": ("退回", "came back"),
    "expired": ("过期作废", "expired"),
    "withdrawn": ("已撤回", "withdrawn"),
    "proposed": ("系统提出", "proposed"),
    "waiting": ("待人工确认", "waits for a person"),
    "confirmed": ("已确认", "confirmed"),
    "changed": ("已变更", "changed"),
    "refused": ("不予采纳", "refused"),
    "reversed": ("随夜间运行撤回", "taken back with its run"),
    "open": ("待复核", "open"),
    "in_review": ("复核中", "in review"),
    "answered": ("已答复", "answered"),
    "approved": ("已批准", "approved"),
    "superseded": ("已失效", "superseded"),
    "requested": ("已申请", "asked for"),
    "checked": ("核查通过，待复核", "checked, waits for a reviewer"),
    "blocked": ("核查未通过", "blocked by the check"),
    "in_force": ("生效中", "in force"),
    "lapsed": ("逾期失效", "lapsed"),
    "kept": ("已履行", "kept"),
    "broken": ("已违约", "broken"),
}
"""Of notices and deliveries, decisions, contests, requests for approval and for credit."""
FINDINGS: Mapping[str, tuple[str, str]] = {
    "upheld": ("成立", "upheld"),
    "partly_upheld": ("部分成立", "partly upheld"),
    "rejected": ("不成立", "rejected"),
}
REASONS: Mapping[str, tuple[str, str]] = {
    "dispute": ("争议", "dispute"),
    "promise": ("承诺缴费", "promise to pay"),
    "instalments": ("分期履行", "instalments"),
    "bankruptcy": ("破产", "bankruptcy"),
    "death": ("身故", "death"),
    "assistance": ("政府救助", "assistance"),
    "vulnerable": ("弱势用户", "vulnerable customer"),
    "disaster": ("灾害", "disaster"),
    "contest": ("异议", "contest"),
}
"""Why something is on hold."""
ASKED: Mapping[str, tuple[str, str]] = {
    "new_supply": ("新装用电", "new supply"),
    "more_capacity": ("增容", "more capacity"),
    "deferral": ("限时缓交", "deferral"),
    "instalment": ("分期", "instalments"),
    "release_from_prepay": ("解除预付费", "release from prepay"),
}
"""What a customer asks for on credit."""

TARIFFS: Mapping[str, tuple[str, str]] = {
    "residential": ("居民生活", "residential"),
    "agricultural": ("农业生产", "agricultural"),
    "general_commercial": ("一般工商业", "general commercial"),
    "large_industrial": ("大工业", "large industrial"),
}
PROTECTIONS: Mapping[str, tuple[str, str]] = {
    "medical": ("依赖医疗设备", "depends on medical equipment"),
    "elderly": ("高龄", "elderly"),
    "young_children": ("有幼儿", "young children"),
    "low_income": ("低收入", "low income"),
    "other_vulnerable": ("其他弱势用户", "vulnerable"),
    "important_user": ("重要用户", "important user"),
    "high_risk_user": ("高危用户", "high-risk user"),
    "continuous_process": ("连续生产用户", "continuous process"),
}


def word(words: Mapping[str, tuple[str, str]], value: str, language: str) -> str:
    """What has no word stands for itself."""
    return words.get(value, (value, value))[language != "zh-CN"]


def told(what: str, language: str, /, **values: Any) -> str:
    return word(WORDS, what, language).format(**values)


def proposal(axis: str, value: str, terms: Mapping[str, Any], language: str) -> str:
    """An axis with what it is decided to be, and its terms."""
    said = value_word(axis, value, language)
    told_terms = term_words(terms, language)
    full = f"{said}（{told_terms}）" if language == "zh-CN" else f"{said} ({told_terms})"
    return f"{axis_word(axis, language)}{'：' if language == 'zh-CN' else ': '}{full if told_terms else said}"
