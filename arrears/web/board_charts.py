"""Charts of the boards: bars cut into parts, and columns by month. The page gives the same numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from arrears.web.charts import SHADES
from arrears.web.language import Language
from arrears.web.svg import DEEP, INK, SOFT, Drawing

WIDTH = 420
LABEL = 110
"""Of the drawing's width, for the names of bars."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A name and its parts, in the order of the shades, with what is read out for each."""

    label: str
    parts: Sequence[tuple[float, str]]


def stacked(name: str, title: str, bars: Sequence[Bar], told: str) -> Markup:
    """A bar for each name as long as its whole, cut into its parts: shares of all of it. The later the part, the darker."""
    row = 26
    drawing = Drawing(name, WIDTH, row * max(len(bars), 1), title, told)
    for number, bar in enumerate(bars):
        y, whole = number * row, sum(value for value, _ in bar.parts)
        drawing.text(0, y + 17, bar.label)
        x = float(LABEL)
        for shade, (value, said) in zip(_shades(len(bar.parts)), bar.parts, strict=True):
            if value > 0:
                width = value / whole * (WIDTH - LABEL - 1)
                drawing.bar(x, y + 3, width, row - 7, fill=shade, line=INK, said=said)
                x += width
    return drawing.markup()


def columns(name: str, title: str, months: Sequence[tuple[str, float | None, str]], told: str) -> Markup:
    """A column for each month, its value above it; a month that says nothing has none."""
    foot, height = 128.0, 100.0
    drawing = Drawing(name, WIDTH, 150, title, told)
    most = max([value for _, value, _ in months if value is not None], default=0.0) or 1.0
    slot = WIDTH / max(len(months), 1)
    wide = min(slot * 0.6, 90.0)
    for number, (month, value, said) in enumerate(months):
        middle = (number + 0.5) * slot
        if value is not None:
            tall = height * max(value, 0.0) / most
            drawing.bar(middle - wide / 2, foot - tall, wide, tall, fill=DEEP, said=f"{month}: {said}")
            drawing.text(middle, foot - tall - 6, said, anchor="middle", is_strong=True)
        drawing.text(middle, foot + 16, month, anchor="middle", fill=SOFT)
    drawing.line(0, foot, WIDTH, foot, stroke=SOFT)
    return drawing.markup()


def swatch(number: int, of: int) -> Markup:
    """The shade of a part, beside its name."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">'
        '<rect x="0.5" y="0.5" width="11" height="11" fill="{}" stroke="{}"/></svg>'
    ).format(_shades(of)[number], INK)


def listed(bars: Sequence[Bar], language: Language) -> str:
    """The bars in one sentence, for who cannot see them."""
    colon = "：" if language.tag == "zh-CN" else ": "
    return "; ".join(bar.label + colon + ", ".join(said for value, said in bar.parts if value) for bar in bars)


def _shades(parts: int) -> Sequence[str]:
    return SHADES[:parts] if parts <= len(SHADES) else (*SHADES, *SHADES[: parts - len(SHADES)])
