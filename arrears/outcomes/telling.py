"""What a report of outcomes says in words: its sentences, and what people call the values of a column."""

from collections.abc import Callable
from decimal import Decimal

from arrears.casebook.tables import LIVE
from arrears.outcomes.effects import Effect
from arrears.outcomes.figures import LEAST_LEAD_DAYS
from arrears.outcomes.report import Report, Row
from arrears.outcomes.report_zh import ZH
from arrears.scorecard import report_formats as formats
from arrears.scorecard.report_words import Language
from arrears.scorecard.report_zh import ZH as ZH_OF_CARDS

BUCKETS = ("current", "1_30", "31_60", "61_90", "91_180", "181_360", "over_360")
"""Of ageing, youngest first; `clear`, `new` and `left` are about them."""

WORDS = {
    "all": "all",
    "segment": "segment",
    "district": "district",
    "voltage_class": "voltage class",
    "tariff": "tariff",
    "level": "level",
    "paid_in_time": "paid in time",
    "fell_into_arrears": "fell into arrears",
    "high_voltage": "high voltage",
    "business": "low-voltage business",
    "general_commercial": "general commercial",
    "large_industrial": "large industrial",
    "field_visit": "field visit",
    "current": "not yet due",
    "over_360": "over 360 days",
    **{name: f"{name.replace('_', '–')} days" for name in BUCKETS[1:-1]},
}


class Telling:
    """One report in one language."""

    def __init__(self, report: Report, language: Language) -> None:
        self.report, self.language = report, language

    def say(self, text: str, **values: object) -> str:
        """In the page's language; a text that nobody put into Chinese is a value."""
        found = ZH.get(text) or ZH_OF_CARDS.get(text, text) if self.language == "zh" else text
        return found.format(**values)

    def word(self, value: str | None) -> str:
        """What people call a value that a column holds."""
        return self.say("(not known)") if value is None else self.say(WORDS.get(value, value))

    def totals(self) -> dict[str, Row | None]:
        """The whole span in one row of each figure; of the books, its last month."""
        report = self.report
        found: dict[str, Row | None] = {
            name: next(iter(report.rows(name, "all", month=None)), None) for name in ("warned_arrears", "warnings")
        }
        found["receivables"] = next(iter(report.rows("receivables", "all")[-1:]), None)
        return found

    def months(self, name: str) -> list[Row]:
        """One row for each month."""
        return [row for row in self.report.rows(name, "all") if row["month"] is not None]

    def missing(self) -> list[str]:
        """What the report cannot say, and since when it will."""
        told = []
        for each in self.report.coverage:
            name = f"{each.month:%Y-%m}"
            if not each.stored:
                told.append(
                    self.say(
                        "{month}: no night is stored, so nothing is said of its warnings; `arrears backfill run` "
                        "makes nights of the past.",
                        month=name,
                    )
                )
            elif not each.is_whole:
                told.append(
                    self.say(
                        "{month}: {judged} of {stored} stored nights are judged; the horizon of the last one ends on "
                        "{day}, and `arrears outcomes label` then judges it. Until then the figures of this month are "
                        "of the nights judged so far.",
                        month=name, judged=each.judged, stored=each.stored, day=each.whole_on,
                    )
                )  # fmt: skip
            if not each.has_books:
                told.append(
                    self.say(
                        "{month}: no DSO, CEI, ageing, collection or roll rates, which need the stored nights of the "
                        "first of the month and of the first of the next.",
                        month=name,
                    )
                )
        return told

    def summary(self) -> list[str]:
        """What a manager reads first."""
        total, told = self.totals(), []
        warned, warnings, books = total["warned_arrears"], total["warnings"], total["receivables"]
        if warned is not None:
            told.append(
                self.say(
                    "Of {arrears} {currency} that fell into arrears, {warned} had been warned of {lead} or more days "
                    "before: {share}. Half of these warnings came {days} or more days ahead.",
                    arrears=money(warned["arrears_amount"]), currency=self.report.currency,
                    warned=money(warned["warned_amount"]), lead=LEAST_LEAD_DAYS,
                    share=formats.percent(warned["recall_share"] or 0), days=warned["median_lead_days"] or "–",
                )
            )  # fmt: skip
        if warnings is not None:
            worked = warnings["precision_at_capacity_share"]
            told.append(
                self.say(
                    "Of {warned} warnings, an account counted once a month, {share} came true; of those that staff "
                    "could work, {worked}.",
                    warned=formats.count(warnings["warned"]), share=formats.percent(warnings["precision_share"] or 0),
                    worked="–" if worked is None else formats.percent(worked),
                )
            )  # fmt: skip
        for each in self.report.effects if self.report.timeline == LIVE else ():
            if each.dimension == "all":
                told.append(self.effect_told(each))
        if books is not None:
            told.append(
                self.say(
                    "At the end of {month} customers owed {open} {currency}: DSO {dso} days, CEI {cei}; of what fell "
                    "due in the month {collected} was paid by its end.",
                    month=f"{books['month']:%Y-%m}", open=money(books["closing_amount"]), currency=self.report.currency,
                    dso=_or_none(books["dso_days"], lambda value: formats.number(value, 1)),
                    cei=_or_none(books["cei_share"], formats.percent),
                    collected=_or_none(books["collection_share"], formats.percent),
                )
            )  # fmt: skip
        return told

    def effect_told(self, each: Effect) -> str:
        """In one sentence, and nothing claimed that chance could have made."""
        name = self.word(each.treatment)
        if each.difference is None or each.low is None or each.high is None:
            return self.say(
                "{treatment}: too few to say what it did ({treated} treated, {held} held out).",
                treatment=name, treated=each.treated, held=each.held_out,
            )  # fmt: skip
        said = "{treatment}: {difference} points of a percentage against the hold-out ({low} to {high})"
        if each.high < 0:
            said += "; it helped."
        elif each.low > 0:
            said += "; more of the treated fell."
        else:
            said += "; that could be chance."
        low, high = (formats.signed(100 * value, 1) for value in (each.low, each.high))
        return self.say(said, treatment=name, difference=formats.signed(100 * each.difference, 1), low=low, high=high)


def money(value: Decimal) -> str:
    """Whole units of the currency: nobody manages by cents."""
    return f"{value.quantize(Decimal(1)):,}".replace("-", "−")


def _or_none(value: float | None, form: Callable[[float], str]) -> str:
    return "–" if value is None else form(value)
