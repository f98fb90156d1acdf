"""`arrears explain`: one account on one night, in one screen, or with every fact."""

import datetime as dt
import json
import unicodedata
from dataclasses import asdict
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from arrears.cli.choices import AsOfOption, SourceOption, source_named, stored_run
from arrears.cli.words import Language
from arrears.deployment import lake_of
from arrears.review.axis_words import axis_word, cell_word, term_words, value_word
from arrears.review.explanation import Advice, Explanation, Looked, Step
from arrears.review.explanation import explain as explain_account
from arrears.settings import settings
from arrears.snapshot.catalogue import load_catalogue

COSTLIEST = 4


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


def explain(
    account: Annotated[str, typer.Argument(help="The account id, as in the warning list.")],
    as_of: AsOfOption = None,
    source: SourceOption = None,
    lang: Annotated[Language, typer.Option("--lang", help="Language of labels and reasons.")] = Language.EN,
    whole: Annotated[
        bool, typer.Option("--all", help="Every fact and every point, not the case in one screen.")
    ] = False,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
) -> None:
    """Say why an account stands where it stands, what is proposed by which rule, and what would change it."""
    run = stored_run(source_named(source), as_of)
    account = unicodedata.normalize("NFC", account.strip())  # as the lake keeps ids
    told = explain_account(account, run, lake_of(run.source), load_catalogue(settings().sql), lang.tag)
    if form is Form.JSON:
        typer.echo(json.dumps(_plain(told, whole=whole), default=_text, ensure_ascii=False, indent=1))
        return
    out = Console(soft_wrap=True, highlight=False, markup=False)
    out = out if out.is_terminal else Console(soft_wrap=True, highlight=False, markup=False, width=240)
    for line in _head(told, lang):
        out.print(line)
    out.print(_points(told, lang, whole=whole))
    for line in _standing(told, lang):
        out.print(line)
    out.print(_decided(told, lang))
    for line in _looked_at(told, lang, whole=whole):
        out.print(line)
    for line in _advice(told, lang):
        out.print(line)
    if whole:
        out.print(_facts(told, lang))


def _head(told: Explanation, lang: Language) -> list[str]:
    signal = told.signal
    return [
        f"{told.account_id}  " + lang.say("{source}, as of {as_of}", source=told.run.source, as_of=told.run.as_of),
        lang.say(
            "{points} points, grade {grade}, probability {probability}",
            points=signal["points"],
            grade=signal["grade"],
            probability=f"{signal['probability'].normalize():f}",
        )
        + _interval(told.interval, lang)
        + ("" if told.is_calibrated else lang.say(" (a prior of the grade, not calibrated)"))
        + lang.say(
            ", expected loss {loss} of {exposure} at risk",
            loss=f"{signal['expected_loss_amount']:,}",
            exposure=f"{signal['exposure_amount']:,}",
        ),
        lang.say(
            "open {open}, overdue {overdue}, oldest {days} days past due",
            open=f"{signal['open_amount']:,}",
            overdue=f"{signal['overdue_amount']:,}",
            days=signal["oldest_days_past_due"] or 0,
        ),
    ]


def _points(told: Explanation, lang: Language, *, whole: bool) -> Table:
    rows = told.costly if not whole else sorted(told.scored, key=lambda item: (item.points - item.best, item.name))
    table = Table(*(lang.say(each) for each in ("feature", "value", "points", "of", "lost")), box=None, pad_edge=False)
    for item in rows if whole else rows[:COSTLIEST]:
        cells = (str(item.points), str(item.best), str(item.best - item.points))
        table.add_row(item.label, cell_word(item.name, item.value, lang.tag), *cells)
    return table


def _standing(told: Explanation, lang: Language) -> list[str]:
    """The veto that holds the grade, and the lines of the stance."""
    lines = []
    if told.veto is not None:
        lines.append(
            lang.say(
                "veto: held at {grade} ({before} by points): {reason}",
                grade=told.signal["grade"],
                before=told.signal["points_grade"],
                reason=told.veto.reason,
            )
        )
    stance = value_word("stance", told.signal["stance"], lang.tag)
    lines.append(
        lang.say("can't or won't pay: {stance} ({points:+d})", stance=stance, points=told.signal["stance_points"])
    )
    lines += [f"  {line.points:+d}  {line.reason}" for line in told.stance]
    return lines


def _decided(told: Explanation, lang: Language) -> Table:
    table = Table(*(lang.say(each) for each in ("axis", "value", "rule", "reason")), box=None, pad_edge=False)
    for each in told.decided:
        terms = term_words(each.terms, lang.tag)
        value = value_word(each.axis, each.value, lang.tag) + (f": {terms}" if terms else "")
        table.add_row(axis_word(each.axis, lang.tag), value, each.rule or "-", each.reason)
    return table


def _looked_at(told: Explanation, lang: Language, *, whole: bool) -> list[str]:
    """Axis by axis, or each value once."""
    if whole:
        return [
            f"{axis_word(each.axis, lang.tag)}, {lang.say('looked at')}: {_values(each.looked_at, lang)}"
            for each in told.decided
        ]
    once = {looked.name: looked for each in told.decided for looked in each.looked_at}
    return [f"{lang.say('looked at')}: {_values(tuple(once.values()), lang)}"]


def _values(found: tuple[Looked, ...], lang: Language) -> str:
    return "; ".join(f"{each.label} {cell_word(each.name, each.value, lang.tag)}" for each in found) or "-"


def _advice(told: Explanation, lang: Language) -> list[str]:
    if told.is_best:
        return [lang.say("what would change it: nothing is better than this grade")]
    if told.advice is None:
        return [lang.say("what would change it: nothing that the customer can do by itself reaches the next grade")]
    head = lang.say("what would change it: to grade {grade}, {points} points", **_reached(told.advice))
    if told.veto is not None:
        head += lang.say(" (the veto stays until its reason is gone)")
    lines = [head]
    for act in told.advice.acts:
        lines.append(f"  {act.what}")
        lines += [f"    {_step(step, lang)}" for step in act.steps]
    return lines


def _reached(advice: Advice) -> dict[str, object]:
    return {"grade": advice.grade, "points": advice.points}


def _step(step: Step, lang: Language) -> str:
    if step.values:
        to = ", ".join(step.values)
    elif step.least is not None and (step.below is None or _is_less(step.value, step.least)):
        to = lang.say("{least} or more", least=step.least)
    elif step.below is not None:
        to = lang.say("below {below}", below=step.below)
    else:
        to = lang.say("nothing left")
    return f"{step.label}: {cell_word(step.name, step.value, lang.tag)} → {to} (+{step.gain})"


def _is_less(value: Any, least: Decimal) -> bool:
    return value is not None and Decimal(str(value)) < least


def _facts(told: Explanation, lang: Language) -> Table:
    table = Table(*(lang.say(each) for each in ("fact", "value", "unit")), box=None, pad_edge=False)
    for fact in told.facts:
        table.add_row(fact.label, cell_word(fact.name, fact.value, lang.tag), lang.say(fact.unit))
    return table


def _plain(told: Explanation, *, whole: bool) -> dict[str, Any]:
    """As data: amounts as text, so that no reader makes floats of them."""
    found = asdict(told)
    found["run"] = told.run.to_json()
    found["costly"] = [asdict(each) for each in told.costly[:COSTLIEST]]
    return found if whole else {name: value for name, value in found.items() if name not in ("facts", "scored")}


def _interval(ends: tuple[Decimal, Decimal] | None, lang: Language) -> str:
    if ends is None:
        return ""
    low, high = (f"{end.normalize():f}" for end in ends)
    return lang.say(" (95 % interval {low} to {high})", low=low, high=high)


def _text(value: Any) -> str:
    if isinstance(value, (Decimal, dt.date)):
        return str(value)
    raise TypeError(f"{value!r} cannot be written as JSON")
