"""Templates turned into words. A template is checked whole before the first letter; what it lacks is never a blank."""

from dataclasses import fields
from pathlib import Path
from types import TracebackType

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2 import nodes as jinja_nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from arrears.domain.notice import Channel, NoticeKind, Rendering
from arrears.errors import PolicyError
from arrears.notices.context import LANGUAGES, ReminderContext

SUFFIXES = {Channel.EMAIL: "html", Channel.TEXT: "txt"}
"""Of a channel's templates, and of its files."""


class NoticeTemplates:
    """All templates of one kind of notice: `<folder>/<kind>/<channel>.<language>.<suffix>.j2`, and a `subject`."""

    def __init__(self, folder: Path, kind: NoticeKind) -> None:
        """PolicyError, with file and line, when a template is missing, broken, or uses a name that no letter has."""
        self._folder = folder / kind.value
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self._folder),
            undefined=StrictUndefined,
            autoescape=_is_html,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        names = [f"subject.{language}.txt.j2" for language in LANGUAGES]
        names += [_file(channel, language) for channel in Channel for language in LANGUAGES]
        self._templates = {name: self._load(name) for name in names}

    def render(self, context: ReminderContext) -> tuple[Rendering, ...]:
        """The letter on every channel, in the language of the context."""
        subject = self._words(f"subject.{context.language}.txt.j2", context).strip()
        return tuple(
            Rendering(channel, subject, self._words(_file(channel, context.language), context)) for channel in Channel
        )

    def _load(self, name: str) -> Template:
        path = self._folder / name
        try:
            self._check_names(path)
            return self._environment.get_template(name)
        except (TemplateNotFound, FileNotFoundError) as error:
            raise PolicyError(str(path), 1, "there is no such template") from error
        except TemplateSyntaxError as error:
            raise PolicyError(str(path), error.lineno, error.message or "cannot be read") from error

    def _check_names(self, path: Path) -> None:
        tree = self._environment.parse(path.read_text(encoding="utf-8"), path.name, str(path))
        unknown = find_undeclared_variables(tree) - {field.name for field in fields(ReminderContext)}
        for node in tree.find_all(jinja_nodes.Name):
            if node.name in unknown:
                raise PolicyError(str(path), node.lineno, f"no letter has a value {node.name!r}")

    def _words(self, name: str, context: ReminderContext) -> str:
        values = {field.name: getattr(context, field.name) for field in fields(context)}
        try:
            return self._templates[name].render(values)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            path = str(self._folder / name)
            raise PolicyError(path, _line_in(path, error.__traceback__), str(error)) from error


def _file(channel: Channel, language: str) -> str:
    return f"{channel.value}.{language}.{SUFFIXES[channel]}.j2"


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html.j2")


def _line_in(path: str, trace: TracebackType | None) -> int:
    """Jinja puts the template's own lines into the traceback; 1 when the error lies elsewhere."""
    line = 1
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
