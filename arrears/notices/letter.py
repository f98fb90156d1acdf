"""Letters on paper: what was drafted, set as PDF. Only the fonts that come with the install are used, so a letter looks
the same everywhere; a character that they lack is an error that names it, never an empty box."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import typst

from arrears.errors import CasebookError, PolicyError
from arrears.notices import code
from arrears.notices.words import BUILT_IN, found
from arrears.settings import ROOT

LAYOUT = "letter.typ"
FONTS = ROOT / "templates" / "fonts"
REGULAR, BOLD = "NotoSansCJKsc-Regular.otf", "NotoSansCJKsc-Bold.otf"
_UNPRINTED = frozenset("\n\r\t\u200b\ufeff")
_EPOCH = 0
"""The date inside a PDF: the same letter has the same bytes whenever it is set."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters in one PDF. `pages`: how many each letter has, in order."""

    pdf: bytes
    pages: tuple[int, ...]


class Typesetter:
    """Sets letters with the utility's layout, or the one that comes with the install; kept for as long as there are letters,
    since reading the fonts takes longer than a letter."""

    def __init__(self, own: Path = BUILT_IN) -> None:
        self._layout = found(own, LAYOUT)
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        self._compiler = typst.Compiler(self._layout, root=self._layout.parent, font_paths=fonts)

    def set(self, letter: str) -> bytes:
        """One letter as PDF, from the JSON that was drafted."""
        return self._compile([letter])

    def batch(self, letters: Sequence[str]) -> Batch:
        """All letters in one PDF, about twice as fast as one by one. Typst keeps some 1.2 MB of each letter while it works, and
        for the next few batches: a hundred at a time stay below 2 GB."""
        pdf = self._compile(letters)
        last = [int(number) for number in json.loads(self._compiler.query("<last-page>", field="value"))]
        return Batch(pdf, tuple(page - before for before, page in pairwise([0, *last])))

    def _compile(self, letters: Sequence[str]) -> bytes:
        pages = [_page(letter) for letter in letters]
        given = {"letters": json.dumps(pages, ensure_ascii=False)}
        try:
            pdf = self._compiler.compile(format="pdf", sys_inputs=given, timestamp=_EPOCH, pdf_tags=False)
        except typst.TypstError as error:
            raise self._refused(error) from error
        if not isinstance(pdf, bytes):
            raise PolicyError(str(self._layout), 1, "it sets no page")
        return pdf

    def _refused(self, error: typst.TypstError) -> PolicyError:
        """The diagnostic names the place as file:line:column."""
        line = 1
        for part in error.diagnostic.splitlines():
            _, mark, rest = part.partition(f"{LAYOUT}:")
            number = rest.split(":", 1)[0]
            if mark and number.isdigit():
                line = int(number)
                break
        return PolicyError(str(self._layout), line, error.message)


def set_letters(letters: Sequence[str], own: Path = BUILT_IN) -> list[bytes]:
    """One PDF for each letter, from the JSON that was drafted."""
    setter = Typesetter(own)
    return [setter.set(letter) for letter in letters]


def check_letter(letter: str, account_id: str) -> None:
    """CasebookError, which names the account and the part of the letter, for a character that no letter can be set with."""
    if set(letter) <= _in_every_weight():
        return  # of nearly every letter this is all that has to be looked at
    for weight, place, text in _texts(json.loads(letter), ""):
        missing = sorted({sign for sign in text if ord(sign) not in coverage(weight) and sign not in _UNPRINTED})
        if missing:
            named = ", ".join(f"{sign} (U+{ord(sign):04X})" for sign in missing)
            raise CasebookError(
                f"account {account_id}: {place}: the letters' font lacks {named}; no letter can be set. Ask for another "
                "spelling, or make the font anew with bench/notice_font.py"
            )


@cache
def _in_every_weight() -> frozenset[str]:
    return _UNPRINTED | {chr(sign) for sign in coverage(REGULAR) & coverage(BOLD)}


@cache
def coverage(font: str) -> frozenset[int]:
    """The characters that the font has."""
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(FONTS / font)).get_charmap())


_BOLD = ("title", "heading", "amount", "sum", "sum_label", "columns", "mark", "value", "label")
"""Parts that the layout sets in bold."""


def _texts(value: Any, place: str) -> Iterator[tuple[str, str, str]]:
    """Every text of a page with the weight it may be set in, and where it stands."""
    if isinstance(value, str):
        name = place.rsplit(".", 1)[-1]
        if place.split(".")[0] not in ("kind", "language", "subject"):
            yield REGULAR, place, value
            if name in _BOLD and not place.startswith("reference"):
                yield BOLD, place, value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, place)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _texts(each, f"{place}.{name}" if place else name)


def _page(letter: str) -> dict[str, Any]:
    page: dict[str, Any] = json.loads(letter)
    return page | {"code": code.svg(page["pay_link"])}
