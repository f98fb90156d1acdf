"""The pages' templates: escaped, strict about names, and in the visitor's language."""

import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from arrears.settings import ROOT
from arrears.web.language import Language

FOLDER = ROOT / "templates" / "web"
STATIC = FOLDER / "static"


@cache
def environment(folder: Path = FOLDER) -> Environment:
    env = Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "number": _in_language(Language.number),
        "amount": _in_language(Language.amount),
        "percent": _in_language(Language.percent),
        "date": _in_language(Language.date),
        "moment": _moment,
    }
    return env


def _in_language(form: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def formed(context: Context, value: Any, *given: Any) -> str:
        return form(context["language"], value, *given)

    return formed


@pass_context
def _moment(context: Context, at: dt.datetime | None) -> str:
    language: Language = context["language"]
    return language.moment(at, context["zone"])
