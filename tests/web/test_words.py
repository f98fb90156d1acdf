"""Every sentence of the pages has its Chinese, and what two pages say they say alike."""

import ast
import importlib
import pkgutil
import re

from arrears.domain.people import Right, Role
from arrears.settings import ROOT
from arrears.web import words
from arrears.web.failures import SENTENCES
from arrears.web.words import ZH

IN_TEMPLATE = re.compile(r"""_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
FIELDS = re.compile(r"{(\w*)}")


def in_templates() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "templates" / "web").rglob("*.html"):
        found |= {one or other for one, other in IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))}
    return found


def in_code() -> set[str]:
    """First arguments of `say` that are written out."""
    found = set()
    for path in (ROOT / "arrears" / "web").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "say":
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_sentence_has_its_chinese() -> None:
    named = {str(each) for each in (*Right, *Role)}
    assert sorted((in_templates() | in_code() | set(SENTENCES.values()) | named) - set(ZH)) == []


def test_both_languages_fill_in_the_same() -> None:
    assert {text for text, zh in ZH.items() if set(FIELDS.findall(text)) != set(FIELDS.findall(zh))} == set()


def test_no_sentence_is_said_in_two_ways() -> None:
    """Each page has words of its own; what two of them say, they say alike."""
    said: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(words.__path__):
        for text, zh in importlib.import_module(f"{words.__name__}.{module.name}").ZH.items():
            said.setdefault(text, set()).add(zh)
    assert {text: zh for text, zh in said.items() if len(zh) > 1} == {}
