"""Axes, their values and their terms as people read them, in Chinese and English."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from arrears.snapshot.catalogue import Feature

AXES: Mapping[str, tuple[str, str]] = {
    "grade": ("信用等级", "grade"),
    "level": ("预警级别", "warning level"),
    "payment_mode": ("缴费方式", "payment mode"),
    "arrangement": ("缓交与分期", "arrangement"),
    "security": ("担保", "security"),
    "treatment": ("催收措施", "treatment"),
    "payment_term": ("付款期限", "payment term"),
    "service": ("服务", "service"),
    "advice": ("用能建议", "advice"),
    "repair": ("信用修复", "credit repair"),
}

_ANY: Mapping[str, tuple[str, str]] = {
    "blue": ("蓝色", "blue"),
    "yellow": ("黄色", "yellow"),
    "orange": ("橙色", "orange"),
    "red": ("红色", "red"),
    "postpay": ("后付费", "postpay"),
    "prepay": ("预付费", "prepay"),
    "split_settlement": ("分次结算", "split settlement"),
    "direct_debit": ("代扣", "direct debit"),
    "deferral": ("限时缓交", "deferral"),
    "instalment": ("分期", "instalments"),
    "deposit": ("保证金", "deposit"),
    "guarantee": ("担保/质押", "guarantee"),
    "insurance": ("信用保险", "credit insurance"),
    "reminder": ("缴费提醒", "reminder"),
    "demand": ("催缴", "demand"),
    "field_visit": ("上门催收", "field visit"),
    "disconnection": ("停电催费", "disconnection"),
    "standard": ("标准", "standard"),
    "longer": ("延长", "longer"),
    "priority": ("优先", "priority"),
    "energy_advice": ("用能建议", "energy advice"),
    "credit_repair": ("信用修复", "credit repair"),
    "cannot": ("无力支付", "cannot pay"),
    "will_not": ("有意拖欠", "will not pay"),
    "unclear": ("不明确", "unclear"),
}
_NONE: Mapping[str, tuple[str, str]] = {
    "level": ("无预警", "no warning"),
    "arrangement": ("无", "none"),
    "security": ("不要求", "none"),
    "treatment": ("不采取措施", "none"),
    "advice": ("无", "none"),
    "repair": ("无", "none"),
}

NAMES: Mapping[str, tuple[str, str]] = {
    "points": ("得分", "points"),
    "probability": ("欠费概率", "probability"),
    "exposure_amount": ("风险敞口", "exposure"),
    "expected_loss_amount": ("预期损失", "expected loss"),
    "next_due_amount": ("未到期金额", "not yet due"),
    "is_in_collection": ("已进入催收", "in collection"),
    "stance": ("支付能力与意愿", "can't or won't pay"),
    "customer_grade": ("客户信用等级", "customer's grade"),
    "is_over_limit": ("超过信用额度", "over the credit limit"),
    "is_over_ceiling": ("超过应收上限", "over the ceiling on receivables"),
    "is_held_out": ("随机对照（不处置）", "held out at random"),
}
"""What a condition may ask for beside features and axes."""

TERMS: Mapping[str, tuple[str, str]] = {
    "prepay_purchase_amount": ("首次购电金额", "first purchase"),
    "prepay_warning_balance": ("余额预警线", "warning balance"),
    "prepay_debt_share": ("抵扣旧欠比例", "share of each payment to old debt"),
    "settlement_parts": ("每月结算次数", "parts a month"),
    "deferral_until_on": ("缓交至", "until"),
    "deferral_against": ("缓交条件", "against"),
    "instalment_parts": ("期数", "parts"),
    "instalment_amount": ("每期金额", "amount of each part"),
    "deposit_amount": ("保证金金额", "amount"),
    "guarantee_amount": ("担保金额", "amount"),
    "insurance_amount": ("保险金额", "amount"),
    "visit_within_days": ("上门期限（天）", "within days"),
    "longer_term_days": ("付款期限（天）", "days to pay"),
}


def axis_word(axis: str, language: str) -> str:
    return _in(AXES.get(axis, (axis, axis)), language)


def column_word(name: str, features: Mapping[str, Feature], language: str) -> str:
    """Of whatever a condition can name."""
    if name in features:
        return features[name].label(language)
    return _in({**AXES, **NAMES}.get(name, (name, name)), language)


def cell_word(name: str, value: Any, language: str) -> str:
    """A value that was looked at."""
    if isinstance(value, bool):
        return _in((("否", "no"), ("是", "yes"))[value], language)
    if isinstance(value, str):
        return _in(_ANY.get(value, (value, value)), language)
    if value is None:
        return value_word(name, None, language) if name in AXES else "-"
    return f"{value:.4g}" if isinstance(value, float) else _shown(value)


def value_word(axis: str, value: str | None, language: str) -> str:
    """A grade, and whatever else has no word, stands for itself; no value is the axis's none."""
    if value is None or value == "none":
        return _in(_NONE.get(axis, ("无", "none")), language)
    return _in(_ANY.get(value, (value, value)), language)


def term_words(terms: Mapping[str, Any], language: str) -> str:
    """What is set of them, in one line."""
    told = [
        f"{_in(TERMS.get(name, (name, name)), language)} {_percent(value) if name.endswith('_share') else _shown(value)}"
        for name, value in terms.items()
        if value is not None
    ]
    return ("，" if language == "zh-CN" else ", ").join(told)


def _in(words: tuple[str, str], language: str) -> str:
    return words[0 if language == "zh-CN" else 1]


def _percent(share: Any) -> str:
    return f"{(Decimal(str(share)) * 100).normalize():f}%"


def _shown(value: Any) -> str:
    """Amounts in thousands, whether they come as numbers or as the text that keeps every cent."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
        value = Decimal(value)
    return f"{value:,}" if isinstance(value, (Decimal, int)) else str(value)
