"""The plots of a report of outcomes, as inline SVG in the style of the scorecard's."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from arrears.outcomes.effects import Effect
from arrears.outcomes.report import Row
from arrears.scorecard.reliability import Decile
from arrears.scorecard.report_plots import BAD, CARD, FAINT, OTHER, month_ticks, plot

Say = Callable[..., str]

SHADES = ("#053061", "#4393c3", "#92c5de", "#f4a582", "#d6604d", "#b2182b", "#67001f")
"""From good to bad; parts of a bar have hatches as well, so that colour alone tells nothing."""
HATCHES = ("", "//", "..", "", "xx", "\\\\", "++")

Part = tuple[str, str]
"""A column and its label."""


def stacked(name: str, title: str, rows: Sequence[Row], parts: Sequence[Part], label: str) -> Markup:
    """A bar for each month, in parts, the first at the bottom; a legend below them."""

    def draw(axes: Axes) -> None:
        bottom = np.zeros(len(rows))
        shades = SHADES if len(parts) > 4 else (SHADES[0], SHADES[1], SHADES[2], SHADES[5])
        for number, (column, told) in enumerate(parts):
            values = np.array([float(row[column] or 0) for row in rows])
            shade, hatch = shades[number % len(shades)], HATCHES[number % len(HATCHES)]
            axes.bar(
                range(len(rows)), values, bottom=bottom, color=shade, hatch=hatch, edgecolor="white", linewidth=0.5,
                width=0.7, label=told, zorder=2,
            )  # fmt: skip
            bottom += values
        axes.set(ylabel=label)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        month_ticks(axes, [_month(row) for row in rows])
        axes.set_position((0.14, 0.33, 0.81, 0.64))
        axes.legend(
            loc="upper center", bbox_to_anchor=(0.45, -0.24), ncols=min(len(parts), 4), fontsize=8, frameon=False,
            handlelength=1.4, columnspacing=1.2,
        )  # fmt: skip

    return plot(name, title, draw, (5.4, 3.9))


def lines(
    name: str, title: str, rows: Sequence[Row], parts: Sequence[Part], label: str, *, is_share: bool = True
) -> Markup:
    """A line for each column by month; a month that says nothing leaves a gap."""

    def draw(axes: Axes) -> None:
        styles = ((CARD, "o", "-"), (OTHER, "s", "--"), (BAD, "^", ":"))
        for (column, told), (colour, marker, dashes) in zip(parts, styles, strict=False):
            values = np.array([np.nan if row[column] is None else float(row[column]) for row in rows])
            axes.plot(
                range(len(rows)), values, color=colour, marker=marker, linestyle=dashes, markersize=5, linewidth=1.8,
                label=told,
            )  # fmt: skip
        axes.set(ylabel=label, xlim=(-0.5, len(rows) - 0.5))
        axes.set_ylim(bottom=0)
        if is_share:
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
            axes.set_ylim(top=max(1.02, axes.get_ylim()[1]) if axes.get_ylim()[1] > 0.6 else None)
        month_ticks(axes, [_month(row) for row in rows])
        if len(parts) > 1:
            axes.set_position((0.14, 0.29, 0.81, 0.68))
            axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.24), ncols=3, fontsize=8, frameon=False)

    return plot(name, title, draw)


def calibration(deciles: Sequence[Decile], say: Say) -> Markup:
    """What came against what was said, by decile, with bounds of 95 %."""

    def draw(axes: Axes) -> None:
        said, seen, low, high = (
            np.array([getattr(each, name) for each in deciles]) for name in ("expected", "observed", "low", "high")
        )
        top = min(1.0, 1.08 * float(max(said.max(), high.max())))
        axes.plot([0, top], [0, top], color=FAINT, linestyle=":", linewidth=1)
        axes.errorbar(
            said, seen, [seen - low, high - seen], color=CARD, marker="o", markersize=5, linestyle="", capsize=3
        )
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set(xlabel=say("probability that was said"), ylabel=say("share that fell"), xlim=(0, top), ylim=(0, top))

    return plot("calibration", say("Calibration"), draw)


def differences(effects: Sequence[Effect], label: Callable[[Effect], str], say: Say) -> Markup:
    """The difference that each treatment made, with its bounds of 95 %; left of the line it helped."""

    def draw(axes: Axes) -> None:
        for number, each in enumerate(effects):
            if each.difference is not None and each.low is not None and each.high is not None:
                error = [[each.difference - each.low], [each.high - each.difference]]
                axes.errorbar(each.difference, number, xerr=error, color=CARD, marker="o", markersize=6, capsize=4)
        axes.axvline(0, color=FAINT, linewidth=1)
        axes.set(xlabel=say("fell into arrears: treated less held out"), ylim=(len(effects) - 0.5, -0.5))
        ticks: list[Any] = list(range(len(effects)))
        axes.set_yticks(ticks, [label(each) for each in effects])
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_position((0.3, 0.25, 0.65, 0.7))

    return plot("effects", say("What treatments did"), draw, (5.4, 1.4 + 0.45 * len(effects)))


def _month(row: Row) -> str:
    return f"{row['month']:%Y-%m}"


def _short(value: float) -> str:
    for power, unit in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= power:
            return f"{value / power:,.1f} {unit}".replace(".0 ", " ")
    return f"{value:,.0f}"
