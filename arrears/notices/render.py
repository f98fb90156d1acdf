"""Notices turned into what is sent: a mail (HTML and text), a message, and what a letter is set from."""

from pathlib import Path

from jinja2 import Template, TemplateError
from jinja2 import nodes as jinja_nodes
from jinja2.meta import find_undeclared_variables
from pydantic_core import to_json

from arrears.domain.notice import Channel, NoticeKind, Rendering
from arrears.errors import PolicyError
from arrears.notices import code
from arrears.notices.context import Context
from arrears.notices.page import Page, assemble
from arrears.notices.printed import LANGUAGES
from arrears.notices.words import Words, environment, found, line_in, load

HTML, TEXT = "email.html.j2", "email.txt.j2"
"""The layouts of a mail's two parts, for all kinds."""


class NoticeTemplates:
    """Everything that one kind of notice is written with: its words, and the layouts that all kinds share.

    `own` is the utility's folder; a file that it lacks is the one that comes with the install."""

    def __init__(self, own: Path, kind: NoticeKind) -> None:
        """PolicyError, with file and line, for whatever is wrong in a file."""
        self._own, self._kind = own, kind
        self._words = {language: Words(own, kind, language) for language in LANGUAGES}
        self._layouts = {name: self._layout(name) for name in (HTML, TEXT)}

    def render(self, context: Context, *, is_copy: bool = False) -> tuple[Rendering, ...]:
        """The notice on every channel, in the language of the context. A copy is marked as one on all of them."""
        words = self._words[context.language].say(context)
        page = assemble(self._kind.value, context, words, is_copy=is_copy)
        mark = f"[{page.mark}] " if page.mark else ""
        subject = mark + page.subject
        html = self._set(HTML, page, code.CID if page.pay_link else "")
        return (
            Rendering(Channel.EMAIL, subject, html, self._set(TEXT, page, "")),
            Rendering(Channel.SMS, subject, mark + " ".join(words["sms"].split())),
            Rendering(Channel.LETTER, subject, to_json(page).decode()),
        )

    def _layout(self, name: str) -> Template:
        template, tree = load(environment(self._own, is_html=name == HTML), self._own, name)
        path = str(found(self._own, name))
        unknown = find_undeclared_variables(tree) - {"page", "code"}
        for node in tree.find_all(jinja_nodes.Name):
            if node.name in unknown:
                raise PolicyError(path, node.lineno, f"no page has a value {node.name!r}")
        return template

    def _set(self, name: str, page: Page, image: str) -> str:
        try:
            return self._layouts[name].render(page=page, code=image)
        except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
            path = str(found(self._own, name))
            raise PolicyError(path, line_in(path, error.__traceback__), str(error)) from error
