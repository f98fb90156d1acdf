"""Charts of a case: points as a waterfall, debt by age, probability with its interval, use beside last year's. Each is a
picture with a text of its own; the page gives the same numbers as a table."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from markupsafe import Markup

from arrears.review.case_file import Waterfall
from arrears.review.case_owed import Use
from arrears.web.language import Language
from arrears.web.svg import DEEP, INK, LINE, PALE, PAPER, SOFT, Drawing

WIDTH = 420
SHADES = ("#ffffff", "#dbe9fb", "#b3cfee", "#84aedd", "#4f86c2", "#255f9f", "#0a2f57")
"""Of the ageing buckets in their order: the older the darker."""


def waterfall(found: Waterfall, language: Language) -> Markup:
    """From the most that anybody can have down to the account's points; what each feature costs hangs below the last one."""
    steps = [(piece.label, piece.lost) for piece in found.pieces]
    if found.others:
        steps.append((language.say("All others together"), found.others))
    row, top = 32, 4
    told = "; ".join(f"{label} −{language.number(lost, 2)}" for label, lost in steps)
    drawing = Drawing(
        "waterfall",
        WIDTH,
        top + row * (len(steps) + 2),
        language.say("Points as a waterfall"),
        language.say(
            "From {most} points at the most to {points}: {steps}.",
            most=language.number(found.most, 2),
            points=language.number(found.points, 2),
            steps=told or language.say("nothing is lost"),
        ),
    )
    least = min(Decimal(0), found.points)
    place = Scale(least, max(found.most, least + 1), WIDTH)
    _total(drawing, top, language.say("The most there is"), found.most, place, language, fill=PAPER)
    at, y = found.most, float(top + row)
    for label, lost in steps:
        left, right = place(at - lost), place(at)
        drawing.text(0, y + 11, label, has_halo=True)
        drawing.text(WIDTH, y + 11, f"−{language.number(lost, 2)}", anchor="end", is_strong=True, has_halo=True)
        drawing.bar(
            left, y + 15, right - left, 10, fill=drawing.hatch, line=DEEP, said=f"{label} −{language.number(lost, 2)}"
        )
        drawing.line(left, y + 15, left, y + row + 15, stroke=SOFT, dashes="2 2")
        at, y = at - lost, y + row
    _total(drawing, y, language.say("The account's points"), found.points, place, language, fill=DEEP)
    return drawing.markup()


def ageing(buckets: Mapping[str, Decimal], language: Language) -> Markup:
    """One bar that is all that is open and not disputed, cut by age; the older the darker."""
    total = sum(buckets.values(), Decimal(0))
    told = "; ".join(f"{age(name, language)} {language.amount(amount)}" for name, amount in buckets.items() if amount)
    drawing = Drawing(
        "ageing", WIDTH, 30, language.say("What is owed, by age"), told or language.say("Nothing is owed.")
    )
    x = 0.5
    for shade, (name, amount) in zip(SHADES, buckets.items(), strict=True):
        if amount and total:
            width = float(amount / total) * (WIDTH - 1)
            said = f"{age(name, language)}: {language.amount(amount)}"
            drawing.bar(x, 1, width, 28, fill=shade, line=INK, said=said)
            x += width
    if not total:
        drawing.bar(0.5, 1, WIDTH - 1, 28, fill=PAPER, line=LINE)
    return drawing.markup()


def swatch(number: int) -> Markup:
    """The shade of an ageing bucket, beside its name in the table."""
    return Markup(
        '<svg class="swatch" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" focusable="false">'
        '<rect x="0.5" y="0.5" width="11" height="11" fill="{}" stroke="{}"/></svg>'
    ).format(SHADES[number], INK)


def age(name: str, language: Language) -> str:
    """An ageing bucket in words."""
    if name == "current":
        return language.say("not yet due")
    return language.say("{days} days", days=name.replace("-", "–"))


def probability(value: Decimal, interval: tuple[Decimal, Decimal] | None, language: Language) -> Markup:
    """Where it lies between 0 and 100 %, with its interval as a bar; without one as a point alone."""
    said = language.percent(value)
    if interval is not None:
        low, high = (language.percent(each) for each in interval)
        told = language.say("{value}, between {low} and {high} with 95 % certainty", value=said, low=low, high=high)
    else:
        told = language.say("{value}, without an interval", value=said)
    drawing = Drawing("probability", WIDTH, 44, language.say("Probability of arrears"), told)
    place = Scale(Decimal(0), Decimal(1), WIDTH - 20, 10)
    drawing.line(10, 18, WIDTH - 10, 18, stroke=SOFT)
    for mark in (0, 25, 50, 75, 100):
        x = place(Decimal(mark) / 100)
        drawing.line(x, 14, x, 22, stroke=SOFT)
        anchor = {0: "start", 100: "end"}.get(mark, "middle")
        drawing.text({0: 0, 100: WIDTH}.get(mark, x), 38, f"{mark}%", anchor=anchor, fill=SOFT, size=11)
    if interval is not None:
        left, right = (place(each) for each in interval)
        drawing.bar(left, 11, right - left, 14, fill=PALE, line=DEEP, said=told)
    x = place(value)
    drawing.path(f"M{x:.1f} 6 l7 12 l-7 12 l-7 -12 Z", fill=DEEP, said=told)
    return drawing.markup()


def use(months: Sequence[Use], language: Language) -> Markup:
    """Month by month two bars: hatched the year before, full this year."""
    most = max([each for month in months for each in (month.wh or 0, month.before_wh or 0)], default=0)
    pairs = "; ".join(
        f"{month.month:%Y-%m}: {kwh(month.wh, language)} ({kwh(month.before_wh, language)})" for month in months
    )
    drawing = Drawing(
        "use",
        WIDTH,
        150,
        language.say("Use beside the year before"),
        language.say("kWh a month, the year before in brackets: {months}", months=pairs),
    )
    foot, height = 122.0, 100.0
    slot = WIDTH / max(len(months), 1)
    for number, each in enumerate(months):
        x = number * slot
        said = f"{each.month:%Y-%m}: {kwh(each.wh, language)} kWh ({kwh(each.before_wh, language)})"
        for offset, wh, fill in ((0.12, each.before_wh, drawing.hatch), (0.48, each.wh, DEEP)):
            if wh and most:
                tall = height * max(wh, 0) / most
                drawing.bar(x + slot * offset, foot - tall, slot * 0.34, tall, fill=fill, line=DEEP, said=said)
        drawing.text(x + slot / 2, foot + 14, str(each.month.month), anchor="middle", fill=SOFT, size=11)
        if number == 0 or each.month.month == 1:
            drawing.text(x + slot / 2, foot + 27, str(each.month.year), anchor="middle", fill=SOFT, size=11)
    drawing.line(0, foot, WIDTH, foot, stroke=SOFT)
    drawing.text(0, 12, f"{kwh(most, language)} kWh", fill=SOFT, size=11)
    return drawing.markup()


def kwh(wh: int | None, language: Language) -> str:
    return language.number(None if wh is None else Decimal(wh) / 1000)


def _total(
    drawing: Drawing, y: float, label: str, points: Decimal, place: "Scale", language: Language, *, fill: str
) -> None:
    said = language.number(points, 2)
    drawing.text(0, y + 11, label, is_strong=True, has_halo=True)
    drawing.text(WIDTH, y + 11, said, anchor="end", is_strong=True)
    zero = place(Decimal(0))
    left, right = sorted((zero, place(points)))
    drawing.bar(left + 0.5, y + 15, right - left - 1, 10, fill=fill, line=DEEP, said=f"{label}: {said}")


class Scale:
    """From a value to its place between `start` and `start` + `length`."""

    def __init__(self, low: Decimal, high: Decimal, length: float, start: float = 0) -> None:
        self.low, self.length, self.start = low, length, start
        self.span = (high - low) or Decimal(1)

    def __call__(self, value: Decimal) -> float:
        share = min(max((value - self.low) / self.span, Decimal(0)), Decimal(1))
        return self.start + float(share) * self.length
