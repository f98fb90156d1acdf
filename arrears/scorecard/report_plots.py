"""The plots of a report as inline SVG: the same bytes each time, text as text, no colour alone to tell things apart."""

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from arrears.scorecard.baselines import RULE
from arrears.scorecard.bins import BinFigures
from arrears.scorecard.performance import Group
from arrears.scorecard.stability import ACT, WATCH, Shift
from arrears.scorecard.validate import Validation

Say = Callable[[str], str]

BAD, GOOD, CARD, OTHER, FAINT = "#b2182b", "#2166ac", "#2166ac", "#b35806", "#8a8f98"
SIZE = (5.4, 3.5)
PLACE = (0.14, 0.15, 0.81, 0.82)
PLACE_OF_MONTHS = (0.14, 0.21, 0.81, 0.76)
PLACE_OF_BINS = (0.15, 0.2, 0.74, 0.76)
"""Left, bottom, width and height of the axes: fixed, so that no font on the machine moves them."""
MOST_TICKS = 9
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "arrears",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.grid": True,
    "grid.color": "#e3e5e8",
    "text.parse_math": False,
}


def plot(name: str, title: str, draw: Callable[[Axes], None], size: tuple[float, float] = SIZE) -> Markup:
    """One SVG with a title for those who do not see it; its ids begin with `name`, so that several stand on one page. It has
    no font of its own: the page's, which has Chinese, draws."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=size)
        draw(figure.add_axes(PLACE))
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(written.getvalue(), name, title)


def _inline(svg: str, name: str, title: str) -> Markup:
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", body)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r'^<svg [^>]*?(viewBox="[^"]*")[^>]*>', rf'<svg \1 role="img" aria-labelledby="{name}-t">', body)
    head, rest = body.split(">", 1)
    return Markup(f'{head}><title id="{name}-t">{escape(title)}</title>{rest}')  # noqa: S704 - matplotlib escapes its texts


def roc(validation: Validation, say: Say) -> Markup:
    """The share of bads found against the share of goods flagged, and each baseline that is a flag as a point."""

    def draw(axes: Axes) -> None:
        curve = validation.roc
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
        axes.plot([each.good_share for each in curve], [each.bad_share for each in curve], color=CARD, linewidth=2)
        for x, y, is_rule in _flags(validation):
            axes.plot(x, y, marker="D" if is_rule else "s", color=OTHER, markersize=7, linestyle="")
        _shares(axes, say("goods flagged"), say("bads found"))

    return plot("roc", say("ROC curve"), draw)


def ks(validation: Validation, say: Say) -> Markup:
    """Cumulative shares of bads and goods by points from the worst on; the widest gap is the KS."""

    def draw(axes: Axes) -> None:
        curve = [(-each.risk, each.bad_share, each.good_share) for each in validation.roc if each.risk is not None]
        points, bads, goods = (np.array(each) for each in zip(*curve, strict=True))
        axes.step(points, bads, where="post", color=BAD, linewidth=2)
        axes.step(points, goods, where="post", color=GOOD, linewidth=2, linestyle="--")
        widest = int(np.argmax(bads - goods))
        axes.plot([points[widest]] * 2, [goods[widest], bads[widest]], color="black", marker="_", linewidth=1)
        axes.annotate(
            f" KS {bads[widest] - goods[widest]:.2f}", (points[widest], (bads[widest] + goods[widest]) / 2), va="center"
        )
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set(xlabel=say("points"), ylabel=say("share at or below these points"), ylim=(0, 1.02))

    return plot("ks", say("Kolmogorov–Smirnov"), draw)


def calibration(validation: Validation, say: Say) -> Markup:
    """What came against what was said, by decile, with bounds of 95 %."""

    def draw(axes: Axes) -> None:
        said, seen, low, high = (
            np.array([getattr(each, name) for each in validation.deciles])
            for name in ("expected", "observed", "low", "high")
        )
        top = min(1.0, 1.08 * float(max(said.max(), high.max())))
        axes.plot([0, top], [0, top], color=FAINT, linestyle=":", linewidth=1)
        axes.errorbar(
            said, seen, [seen - low, high - seen], color=CARD, marker="o", markersize=5, linestyle="", capsize=3
        )
        _shares(axes, say("probability that was said"), say("share that turned bad"), top)

    return plot("calibration", say("Calibration"), draw)


def gain(validation: Validation, say: Say) -> Markup:
    """The share of all bads among the riskiest rows, with capacity as a line and flags as points."""

    def draw(axes: Axes) -> None:
        rate = validation.samples[validation.judged_on].bad_rate or 0.0
        shares = [rate * each.bad_share + (1 - rate) * each.good_share for each in validation.roc]
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle=":", linewidth=1)
        axes.plot(shares, [each.bad_share for each in validation.roc], color=CARD, linewidth=2)
        axes.axvline(validation.capacity, color="black", linewidth=1, linestyle="--")
        for found in validation.baselines:
            if found.flagged_share is not None and found.gain is not None:
                marker = "D" if found.name == RULE else "s"
                axes.plot(found.flagged_share, found.gain, marker=marker, color=OTHER, markersize=7, linestyle="")
        _shares(axes, say("riskiest share of all rows"), say("bads found"))

    return plot("gain", say("Gain"), draw)


def psi(months: Mapping[str, Shift], say: Say) -> Markup:
    """The index of each month under its lines; months of too few rows are hollow."""

    def draw(axes: Axes) -> None:
        indices = [each.index for each in months.values()]
        for i, each in enumerate(months.values()):
            is_hollow = each.drift == "too_few"
            axes.bar(i, each.index, color="white" if is_hollow else CARD, edgecolor=CARD, width=0.7, zorder=2)
        for line in (WATCH, ACT):
            axes.axhline(line, color=BAD if line == ACT else OTHER, linewidth=1, linestyle="--", zorder=3)
        axes.set(ylabel="PSI", ylim=(0, max(1.15 * max(indices), ACT * 1.15)))
        month_ticks(axes, list(months))

    return plot("psi", say("PSI of the points by month"), draw)


def auc_by_month(groups: Sequence[Group], say: Say) -> Markup:
    """The AUC of each month with its bounds; months of too few bads have none."""

    def draw(axes: Axes) -> None:
        for i, each in enumerate(groups):
            told = each.figures
            if told.auc is not None and told.auc_low is not None and told.auc_high is not None:
                error = [[told.auc - told.auc_low], [told.auc_high - told.auc]]
                axes.errorbar(i, told.auc, error, color=CARD, marker="o", markersize=5, capsize=3)
        axes.axhline(0.5, color=FAINT, linestyle=":", linewidth=1)
        axes.set(ylabel="AUC", ylim=(0.4, 1.0), xlim=(-0.5, len(groups) - 0.5))
        month_ticks(axes, [each.name for each in groups])

    return plot("auc-month", say("AUC by month"), draw)


def rate_by_month(groups: Sequence[Group], say: Say) -> Markup:
    """What was said of each month, and what came."""

    def draw(axes: Axes) -> None:
        said = [each.figures.mean_probability for each in groups]
        seen = [each.figures.bad_rate for each in groups]
        places = np.arange(len(groups))
        axes.plot(places, np.array(seen, dtype=float), color=BAD, marker="o", markersize=4, linewidth=1.5)
        axes.plot(
            places, np.array(said, dtype=float), color=CARD, marker="s", markersize=4, linewidth=1.5, linestyle="--"
        )
        axes.set(ylabel=say("bad rate"), xlim=(-0.5, len(groups) - 0.5))
        axes.set_ylim(bottom=0)
        _percents(axes)
        month_ticks(axes, [each.name for each in groups])

    return plot("rate-month", say("Bad rate said and seen, by month"), draw)


def bins(name: str, feature: str, found: Sequence[BinFigures], say: Say) -> Markup:
    """Bars for the share of rows, and the bad rate of the fit (hollow) and of the judged rows (filled), by number of bin."""

    def draw(axes: Axes) -> None:
        places = np.arange(1, len(found) + 1)
        shares = axes.twinx()
        shares.bar(places, [each.share or 0.0 for each in found], color="#d5dbe3", width=0.75)
        shares.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        shares.tick_params(axis="y", colors=FAINT)
        shares.grid(visible=False)
        axes.set_position(PLACE_OF_BINS)
        axes.set_zorder(shares.get_zorder() + 1)
        axes.patch.set_visible(False)
        for field, filling, marker in (("fitted_bad_rate", "none", "s"), ("bad_rate", BAD, "o")):
            known = [
                (i, rate) for i, each in zip(places, found, strict=True) if (rate := getattr(each, field)) is not None
            ]
            if known:
                x, y = zip(*known, strict=True)
                axes.plot(x, y, color=BAD, marker=marker, markerfacecolor=filling, markersize=6, linestyle="", zorder=3)
        axes.set(xlabel=say("bin, as numbered in the table"), ylabel=say("bad rate"), xticks=places)
        axes.margins(y=0.12)
        axes.set_ylim(bottom=0)
        _percents(axes)
        axes.grid(visible=False, axis="x")

    return plot(name, f"{feature}: {say('share of rows and bad rate by bin')}", draw, (5.4, 2.5))


def _flags(validation: Validation) -> list[tuple[float, float, bool]]:
    """Goods flagged and bads found by each baseline that is a flag."""
    rate = validation.samples[validation.judged_on].bad_rate or 0.0
    return [
        ((each.flagged_share - each.gain * rate) / (1 - rate), each.gain, each.name == RULE)
        for each in validation.baselines
        if each.flagged_share is not None and each.gain is not None
    ]


def _shares(axes: Axes, x: str, y: str, top: float = 1.0) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=1 if top < 0.1 else 0))
    axes.set(xlabel=x, ylabel=y, xlim=(0, top), ylim=(0, top * 1.02))


def _percents(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=1 if axes.get_ylim()[1] < 0.1 else 0))


def month_ticks(axes: Axes, names: Sequence[str]) -> None:
    """As many names as there is room for."""
    axes.set_position(PLACE_OF_MONTHS)
    step = max(1, -(-len(names) // MOST_TICKS))
    shown: list[Any] = list(range(0, len(names), step))
    axes.set_xticks(shown, [names[i] for i in shown], rotation=35, ha="right")
    axes.grid(visible=False, axis="x")
