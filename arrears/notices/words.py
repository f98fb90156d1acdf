"""The words of one kind of notice in one language: blocks of a Jinja file, and of `common` where the kind has none.

A file is checked whole before the first letter: what it says must be there, and what it must say as well."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2 import nodes as jinja_nodes
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context as JinjaContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from arrears.domain.notice import NoticeKind
from arrears.errors import PolicyError
from arrears.notices.context import Context, Debt
from arrears.notices.kinds import NEEDS, Needs
from arrears.notices.page import OF_ALL, OF_DEBTS, OF_THE_KIND, OPTIONAL, Box, Page, Pair, Prose, Section, Table
from arrears.settings import ROOT

BUILT_IN = ROOT / "templates" / "notices"
"""Where a file is taken from that a utility's own folder lacks."""

_ARITHMETIC = (jinja_nodes.BinExpr, jinja_nodes.UnaryExpr, jinja_nodes.Filter, jinja_nodes.Call)
_ALLOWED = (jinja_nodes.And, jinja_nodes.Or, jinja_nodes.Not)
"""Of what is built like arithmetic."""


def folders(own: Path) -> list[Path]:
    """Where a file is looked for, in order."""
    return [own] if own == BUILT_IN else [own, BUILT_IN]


def found(own: Path, name: str) -> Path:
    """The file that is in force: the utility's own, or the one that comes with the install."""
    return next((folder / name for folder in folders(own) if (folder / name).is_file()), BUILT_IN / name)


class Sandbox(ImmutableSandboxedEnvironment):
    def getattr(self, obj: Any, attribute: str) -> Any:
        """Of a page, whose parts are text alone, all values may be read: looked up, where the sandbox tries what else it is."""
        if attribute in _VALUES.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


_VALUES = {part: frozenset(field.name for field in fields(part)) for part in (Page, Prose, Box, Pair, Table, Section)}


@cache
def environment(own: Path, *, is_html: bool) -> Sandbox:
    """One for a folder: it keeps what it compiled for as long as the file is the same."""
    return Sandbox(
        loader=FileSystemLoader(folders(own)),
        undefined=StrictUndefined,
        autoescape=is_html,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def load(env: ImmutableSandboxedEnvironment, own: Path, name: str) -> tuple[Template, jinja_nodes.Template]:
    """The template and its tree; PolicyError with file and line."""
    path = found(own, name)
    try:
        tree = env.parse(path.read_text(encoding="utf-8"), name, str(path))
        return env.get_template(name), tree
    except OSError as error:
        raise PolicyError(str(path), 1, "there is no such template") from error
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), 1, f"it is not UTF-8: {error.reason}") from error
    except TemplateSyntaxError as error:
        raise PolicyError(str(path), error.lineno, error.message or "cannot be read") from error


def line_in(path: str, trace: TracebackType | None) -> int:
    """The last line of that file in the traceback, into which `Template.render` puts a template's own lines; 1 when there is
    none."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


@dataclass(frozen=True, slots=True)
class _File:
    """`names`: by block, every value that it names, with the line."""

    path: Path
    template: Template
    blocks: Mapping[str, jinja_nodes.Block]
    names: Mapping[str, Mapping[str, int]]


class Words:
    """The words of one kind in one language."""

    def __init__(self, own: Path, kind: NoticeKind, language: str) -> None:
        """PolicyError, with file and line, when a file is missing or broken, uses a name that the kind does not have,
        works something out, or leaves out what the law wants said."""
        env = environment(own, is_html=False)
        needs = NEEDS[kind]
        names = {field.name for field in fields(needs.context)}
        common = _read(env, own, f"common/{language}.j2", OF_ALL)
        of_kind = _read(env, own, f"{kind.value}/{language}.j2", OF_THE_KIND | OF_ALL)
        _check_all_there(of_kind, OF_THE_KIND - OPTIONAL)
        _check_all_there(common, OF_ALL)
        self._files = dict.fromkeys(common.blocks, common) | dict.fromkeys(of_kind.blocks, of_kind)
        if not issubclass(needs.context, Debt):
            self._files = {name: file for name, file in self._files.items() if name not in (*OF_DEBTS, "pay")}
        for name, file in self._files.items():
            _check_block(file, name, names)
        _check_needs(of_kind, needs)
        named = {name: file for name, file in self._files.items() if file.names[name]}
        self._fixed = dict.fromkeys(OF_THE_KIND | OF_ALL, "") | {
            name: _said(file.template, name, file.template.new_context({}))
            for name, file in self._files.items()
            if name not in named
        }
        self._files, self._of_files = named, list({id(file): file for file in named.values()}.values())

    def say(self, context: Context) -> dict[str, str]:
        """Every block in words; one that the kind does without is empty."""
        values = {field.name: getattr(context, field.name) for field in fields(context)}
        said = dict(self._fixed)
        contexts = {id(file): file.template.new_context(values) for file in self._of_files}
        for name, file in self._files.items():
            try:
                said[name] = _said(file.template, name, contexts[id(file)])
            except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
                compiled = line_in(str(file.path), error.__traceback__)
                line = file.template.get_corresponding_lineno(compiled)
                raise PolicyError(str(file.path), line, f"{name}: {error}") from error
        return said


def _said(template: Template, block: str, context: JinjaContext) -> str:
    return "".join(template.blocks[block](context)).strip()


def _read(env: ImmutableSandboxedEnvironment, own: Path, name: str, known: frozenset[str]) -> _File:
    path = found(own, name)
    stamp = path.stat().st_mtime_ns if path.is_file() else 0
    return _read_at(env, own, name, known, stamp)


@lru_cache(maxsize=64)
def _read_at(env: ImmutableSandboxedEnvironment, own: Path, name: str, known: frozenset[str], _stamp: int) -> _File:
    """Once for all kinds, as long as the file is the same."""
    template, tree = load(env, own, name)
    path = found(own, name)
    blocks = {block.name: block for block in tree.find_all(jinja_nodes.Block)}
    for block in blocks.values():
        if block.name not in known:
            raise PolicyError(str(path), block.lineno, f"no notice has a part {block.name!r}")
        for worked in block.find_all(_ARITHMETIC):
            if not isinstance(worked, _ALLOWED):
                said = "a template works nothing out: sums, dates and plurals come ready to print"
                raise PolicyError(str(path), worked.lineno, said)
    return _File(path, template, blocks, {block.name: _names(block) for block in blocks.values()})


def _names(block: jinja_nodes.Block) -> dict[str, int]:
    alone = jinja_nodes.Template(block.body, lineno=block.lineno, environment=block.environment)
    undeclared = find_undeclared_variables(alone)
    return {
        node.name: node.lineno for node in reversed(list(block.find_all(jinja_nodes.Name))) if node.name in undeclared
    }


def _check_all_there(file: _File, wanted: frozenset[str]) -> None:
    missing = sorted(wanted - set(file.blocks))
    if missing:
        raise PolicyError(str(file.path), 1, f"it lacks the block {missing[0]!r}")


def _check_block(file: _File, block: str, names: set[str]) -> None:
    for name, line in file.names[block].items():
        if name not in names:
            raise PolicyError(str(file.path), line, f"no letter has a value {name!r}")


def _check_needs(file: _File, needs: Needs) -> None:
    in_letter = {name for block, names in file.names.items() if block not in ("sms", "subject") for name in names}
    for where, wanted, there in (
        ("letter", needs.says, in_letter),
        ("message", needs.sms_says, set(file.names["sms"])),
    ):
        for name in sorted(wanted - there):
            line = file.blocks["sms"].lineno if where == "message" else 1
            raise PolicyError(str(file.path), line, f"the {where} does not say {name!r}, and must ({needs.reference})")
