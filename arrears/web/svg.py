"""A drawing as SVG text: shapes with presentation attributes only, and a name and a description for who cannot see it."""

from collections.abc import Mapping
from html import escape

from markupsafe import Markup

INK, SOFT, LINE, PAPER = "#1b2733", "#4d5b69", "#b9c4ce", "#ffffff"
DEEP, PALE = "#0b4f8a", "#cfe0f0"
"""What counts, and what it is compared with. They differ in lightness, so that a print in black and white tells them apart."""
SIZE = 12
"""Of letters, in units of the drawing."""


class Drawing:
    """`name` is unique on its page; `title` and `told` are read out in place of the picture."""

    def __init__(self, name: str, width: int, height: float, title: str, told: str) -> None:
        self.name, self.width, self.height = name, width, height
        self._parts = [
            f'<title id="{name}-title">{escape(title)}</title>',
            f'<desc id="{name}-told">{escape(told)}</desc>',
        ]

    @property
    def hatch(self) -> str:
        """A fill of slanting lines; the pattern is part of the drawing."""
        return f"url(#{self.name}-hatch)"

    def bar(
        self, x: float, y: float, width: float, height: float, *, fill: str, line: str = "", said: str = ""
    ) -> None:
        """What has a length has at least one unit of it, so that it is seen."""
        attributes = {"x": x, "y": y, "width": max(width, 1.0), "height": max(height, 1.0), "fill": fill}
        self._put("rect", attributes | ({"stroke": line, "stroke-width": 1} if line else {}), said)

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = LINE, width: float = 1, dashes: str = ""
    ) -> None:
        attributes = {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "stroke": stroke, "stroke-width": width}
        self._put("line", attributes | ({"stroke-dasharray": dashes} if dashes else {}))

    def path(self, shape: str, *, fill: str, line: str = INK, said: str = "") -> None:
        self._put("path", {"d": shape, "fill": fill, "stroke": line, "stroke-width": 1}, said)

    def text(
        self,
        x: float,
        y: float,
        said: str,
        *,
        anchor: str = "start",
        fill: str = INK,
        size: int = SIZE,
        is_strong: bool = False,
        has_halo: bool = False,
    ) -> None:
        """`has_halo`: lines that run behind it leave room around each letter."""
        attributes: dict[str, object] = {"x": x, "y": y, "text-anchor": anchor, "fill": fill, "font-size": size}
        if is_strong:
            attributes["font-weight"] = 650
        if has_halo:
            attributes |= {"stroke": PAPER, "stroke-width": 3, "paint-order": "stroke"}
        self._parts.append(f"<text{_attributes(attributes)}>{escape(said)}</text>")

    def markup(self) -> Markup:
        name = self.name
        head = (
            f'<svg viewBox="0 0 {self.width} {_number(self.height)}" role="img" aria-labelledby="{name}-title {name}-told" '
            f'focusable="false"><defs><pattern id="{name}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="5" height="5" fill="{PAPER}"/>'
            f'<line x1="0" y1="0" x2="0" y2="5" stroke="{DEEP}" stroke-width="2.4"/></pattern></defs>'
        )
        return Markup(head + "".join(self._parts) + "</svg>")  # noqa: S704 - each text in it was escaped

    def _put(self, shape: str, attributes: Mapping[str, object], said: str = "") -> None:
        inside = f"<title>{escape(said)}</title>" if said else ""
        self._parts.append(f"<{shape}{_attributes(attributes)}>{inside}</{shape}>")


def _attributes(values: Mapping[str, object]) -> str:
    return "".join(
        f' {name}="{_number(value) if isinstance(value, (int, float)) else escape(str(value))}"'
        for name, value in values.items()
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
