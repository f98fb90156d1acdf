"""The monthly challenger: fitted from the lake, validated, put into the shadow, and promoted when a person approved it."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arrears.deployment import casebook_of, load_source
from arrears.domain.register import CardAct
from arrears.errors import ArrearsError, UsageError
from arrears.settings import settings

if TYPE_CHECKING:
    from arrears.casebook.cards import Registered
    from arrears.outcomes.promotion import By

NAME = "monthly"
FITTED_BY = "airflow: scorecard"
APPROVE = "Approve"


class BarsMissedError(ArrearsError):
    """A card does not clear the bars, or too little is known to say."""


def months_until(as_of: dt.date, months: int, horizon_days: int) -> tuple[dt.date, dt.date]:
    """The first and the last of so many months whose outcomes are known on `as_of`, each by its first day."""
    last = (as_of - dt.timedelta(days=horizon_days)).replace(day=1)
    number = last.year * 12 + last.month - months
    return dt.date(number // 12, number % 12 + 1, 1), last


def fit_challenger(source: str, as_of: dt.date, months: int, now: dt.datetime) -> str:
    """Fit and validate; register as a challenger, in the place of the one of the month before. Gives the card's version;
    BarsMissedError, with what was missed, when it is not ready: then nothing is registered."""
    from arrears.casebook.cards import registered
    from arrears.nights.challenger import make_challenger
    from arrears.nights.training import outcome_of
    from arrears.outcomes.judge import figures_of
    from arrears.outcomes.promotion import register
    from arrears.scorecard.verdict import Verdict

    first, last = months_until(as_of, months, outcome_of(as_of).horizon_days)
    made = make_challenger(source, first, last, NAME, as_of)
    if made.validation.verdict is not Verdict.READY:
        told = "; ".join(line for line in made.summary("en") if line)
        raise BarsMissedError(
            f"{source}: card {made.card.version[:12]} is not registered. {told} ({made.report('en')})"
        )
    why = f"fitted on {first:%Y-%m} to {last:%Y-%m}, clears every bar in force on {as_of}"
    with casebook_of(source) as engine:
        with engine.connect() as connection:
            is_known = made.card.version in registered(connection)
        if not is_known:
            by = _by(FITTED_BY, now, why)
            register(
                engine, settings().state, made.card, made.report("en"), by,
                supersedes=True, **figures_of(made.figures, made.card.version),
            )  # fmt: skip
    return made.card.version


def ask_again(source: str, version: str) -> str:
    """The whole version of a challenger that is registered already; UsageError when it is none."""
    from arrears.casebook.cards import card_named, register_of

    with casebook_of(source) as engine:
        card = card_named(engine, version)
        with engine.connect() as connection:
            if card.version not in register_of(connection).in_shadow():
                raise UsageError(f"card {version} is no challenger; `arrears scorecard shadow` makes it one")
    return card.version


def request_of(source: str, version: str) -> str:
    """What the person who is asked reads, as Markdown: verdict, figures, where the report lies and its hash."""
    card, report = _kept(source, version)
    held = card.metrics.get("held_out", {})
    figures = ", ".join(f"{name} {value:.4g}" for name, value in held.items() if isinstance(value, int | float))
    missed = ", ".join(card.metrics.get("missed", ())) or "none"
    lines = (
        f"Source **{source}**, card **{card.name}** `{version}`: {card.why}.",
        f"来源 **{source}**，评分卡 **{card.name}**，请先阅读验证报告再决定。",
        f"- verdict 结论: **{card.verdict or 'not validated'}**, bars missed 未达标: {missed}",
        f"- on later rows 时间外样本: {figures or 'no figures'}",
        f"- fitted on 训练窗口: {card.data_window or '-'}",
        f"- report 验证报告: `{report}`, sha-256 `{card.report_sha256}`",
        f"- `arrears scorecard show {version[:12]} --source {source}`",
    )
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])


def act_on(
    source: str, version: str, answer: Mapping[str, Any] | None, from_on: dt.date | None, now: dt.datetime
) -> dt.date:
    """Record the approval that a person gave in Airflow, then promote; gives the first night. UsageError without a person's
    answer: a task that somebody marked a success approves nothing."""
    from arrears.casebook import read
    from arrears.casebook.tables import LIVE
    from arrears.outcomes.promotion import decide, promote

    who = ((answer or {}).get("responded_by_user") or {}).get("id")
    if answer is None or not who or list(answer.get("chosen_options") or ()) != [APPROVE]:
        raise UsageError(
            f"{source}: nobody approved card {version[:12]}: the task was marked or timed out; clear `approve` to ask again"
        )
    why = "approved in Airflow on its report"
    with casebook_of(source) as engine:
        decide(engine, version, CardAct.APPROVED, _by(f"airflow: {who}", now, why))
        with engine.connect() as connection:
            nights = read.nights(connection, LIVE)
        first = from_on or (
            nights[-1].run.as_of + dt.timedelta(days=1) if nights else now.astimezone(_zone(source)).date()
        )
        event = promote(engine, settings().state, version, first, _by(FITTED_BY, now, why))
    return event.from_on or first


def demote_from(source: str, from_on: dt.date, actor: str, now: dt.datetime) -> None:
    """What `arrears scorecard demote` does, asked for in Airflow."""
    from arrears.outcomes.promotion import demote

    with casebook_of(source) as engine:
        demote(engine, from_on, _by(f"airflow: {actor}", now, "demoted in Airflow"))


def _kept(source: str, version: str) -> "tuple[Registered, Path]":
    from arrears.casebook.cards import card_named
    from arrears.outcomes.promotion import report_of

    with casebook_of(source) as engine:
        card = card_named(engine, version)
    return card, report_of(card, settings().state)


def _by(actor: str, now: dt.datetime, why: str) -> "By":
    from arrears.outcomes.promotion import By

    return By(actor, now, why)


def _zone(source: str) -> dt.tzinfo:
    return load_source(source).zone
