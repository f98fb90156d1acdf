"""A report of outcomes as one HTML file for managers: no script, nothing from outside, zh or en."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from arrears.casebook.tables import LIVE
from arrears.outcomes import plots
from arrears.outcomes.effects import Effect
from arrears.outcomes.figures import LEAST_LEAD_DAYS
from arrears.outcomes.report import Report, Row, parts
from arrears.outcomes.report_zh import ZH
from arrears.scorecard import report_formats as formats
from arrears.scorecard import report_plots
from arrears.scorecard.performance import Group
from arrears.scorecard.report_words import TAGS, Language
from arrears.scorecard.report_zh import ZH as ZH_OF_CARDS

TEMPLATE = "reports/outcomes.html"

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
ENDED = ("paid_in_time", "dismissed", "expired", "withdrawn", "open", "fell_into_arrears")
PLOTS = (
    "lead",
    "recall",
    "precision",
    "auc",
    "rate",
    "calibration",
    "psi",
    "effects",
    "episodes",
    "dso",
    "rates",
    "ageing",
)
LEVELS = ("blue", "yellow", "orange", "red")


def render(report: Report, language: Language, templates: Path) -> str:
    """The page, the same bytes for the same report."""
    return _Page(report, language).render(templates)


class _Page:
    def __init__(self, report: Report, language: Language) -> None:
        self.report, self.language = report, language

    def say(self, text: str, **values: object) -> str:
        """In the page's language; a text that nobody put into Chinese is a value."""
        found = ZH.get(text) or ZH_OF_CARDS.get(text, text) if self.language == "zh" else text
        return found.format(**values)

    def word(self, value: str | None) -> str:
        """What people call a value that a column holds."""
        return self.say("(not known)") if value is None else self.say(WORDS.get(value, value))

    def render(self, templates: Path) -> str:
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        report = self.report
        return environment.get_template(TEMPLATE).render(
            r=report,
            t=self.say,
            word=self.word,
            tag=TAGS[self.language],
            first=f"{report.span.months[0]:%Y-%m}",
            last=f"{report.span.months[-1]:%Y-%m}",
            lead=LEAST_LEAD_DAYS,
            total=self.totals(),
            missing=self.missing(),
            summary=self.summary(),
            plots=dict.fromkeys(PLOTS) | self.plots(),
            dimensions={name: parts(report, name) for name in ("segment", "district", "voltage_class", "tariff")},
            by_part=self.by_part,
            levels=LEVELS,
            ended=ENDED,
            endings=self.endings,
            months=self.months,
            collected=self.collected,
            roll=self.roll(),
            buckets=BUCKETS,
            ranked={each.month: each for each in report.ranking.ranked if each.dimension == "all"},
            ranked_parts=[each for each in report.ranking.ranked if each.month is None],
            drifts={"stable": "stable", "watch": "watch", "act": "act", "too_few": "too few"},
            month=lambda day: f"{day:%Y-%m}",
            money=money,
            **{name: getattr(formats, name) for name in ("number", "percent", "percent_signed", "count")},
        )

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

    def by_part(self, name: str, dimension: str, part: str | None) -> Row | None:
        """The whole span of one part; of the books, its last month."""
        month = None if name != "receivables" else self._last_month()
        return next((row for row in self.report.rows(name, dimension, month=month) if row["part"] == part), None)

    def collected(self, dimension: str, part: str | None) -> Row | None:
        """What fell due and what came in, of all months together: shares cannot be added, amounts can."""
        rows = [row for row in self.report.rows("receivables", dimension) if row["part"] == part]
        if not rows:
            return None
        sums = {
            name: sum((row[name] for row in rows), Decimal(0))
            for name in ("due_amount", "collected_amount", "in_time_amount")
        }
        due = sums["due_amount"]
        shares = {
            f"{name}_share": float(sums[f"{name}_amount"] / due) if due else None for name in ("collected", "in_time")
        }
        return {**sums, **shares}

    def endings(self, month: dt.date | None, dimension: str = "all", part: str | None = None) -> dict[str, Any] | None:
        """How the warnings raised in a month ended, in numbers."""
        rows = [row for row in self.report.rows("episodes", dimension, month=month) if row["part"] == part]
        if not rows:
            return None
        counts = dict.fromkeys(ENDED, 0) | {row["ended"]: row["episodes"] for row in rows}
        return {"month": month, "episodes": sum(counts.values()), **counts}

    def roll(self) -> list[dict[str, Any]]:
        """For each bucket at the start of a month, all months together: where its accounts stood at the end. Rolled on means
        in an older bucket; cured, that nothing is past due."""
        found = []
        for place, before in enumerate(BUCKETS):
            rows = [row for row in self.report.rows("roll") if row["bucket_before"] == before]
            accounts = sum(row["accounts"] for row in rows)
            if not accounts:
                continue
            shares = {
                after: sum(row["accounts"] for row in rows if row["bucket_after"] == after) / accounts
                for after in ("clear", *BUCKETS, "left")
            }
            worse = {row["bucket_after"] for row in rows} & set(BUCKETS[place + 1 :])
            owed = sum((row["owed_before_amount"] for row in rows), Decimal(0))
            on = sum((row["owed_before_amount"] for row in rows if row["bucket_after"] in worse), Decimal(0))
            found.append(
                {
                    "bucket": before,
                    "accounts": accounts,
                    "owed": owed,
                    "shares": shares,
                    "rolled": sum(shares[after] for after in worse),
                    "rolled_money": float(on / owed) if owed else None,
                }
            )
        return found

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

    def plots(self) -> dict[str, Markup]:
        """Those that there is something to draw of."""
        report, say, found = self.report, self.say, dict[str, Markup]()
        currency = report.currency
        if rows := self.months("warned_arrears"):
            shown = [{**row, "unwarned": row["arrears_amount"] - row["warned_amount"]} for row in rows]
            found["lead"] = plots.stacked(
                "lead", say("Arrears by how long before they were warned of"), shown,
                (
                    ("warned_30_days_amount", say("30 days or more")),
                    ("warned_20_29_days_amount", say("20–29 days")),
                    ("warned_under_20_days_amount", say("10–19 days")),
                    ("unwarned", say("not warned")),
                ), currency,
            )  # fmt: skip
            columns: tuple[tuple[str, str], ...] = (("recall_share", say("recall")),)
            found["recall"] = plots.lines("recall", say("Recall by month"), rows, columns, say("recall"))
        if rows := self.months("warnings"):
            columns = (
                ("precision_at_capacity_share", say("within capacity")),
                ("precision_share", say("all warnings")),
            )
            found["precision"] = plots.lines("precision", say("Warnings that came true"), rows, columns, say("share"))
        if report.ranking.nights:
            groups = [
                Group(f"{each.month:%Y-%m}", each.figures)
                for each in report.ranking.ranked
                if each.dimension == "all" and each.month is not None
            ]
            found["auc"] = report_plots.auc_by_month(groups, say)
            found["rate"] = report_plots.rate_by_month(groups, say)
            found["calibration"] = plots.calibration(report.ranking.deciles, say)
        if report.ranking.drifted:
            months = {f"{each.month:%Y-%m}": each.shift for each in report.ranking.drifted}
            found["psi"] = report_plots.psi(months, say)
        if shown_effects := [each for each in report.effects if each.dimension == "all" and not each.is_too_few]:
            found["effects"] = plots.differences(shown_effects, lambda each: self.word(each.treatment), say)
        ends = [row for month in report.span.months if (row := self.endings(month)) is not None]
        if ends:
            endings = [(name, self.word(name)) for name in ENDED]
            found["episodes"] = plots.stacked(
                "episodes", say("What became of warnings"), ends, endings, say("warnings")
            )
        return found | self._plots_of_books()

    def _plots_of_books(self) -> dict[str, Markup]:
        rows, say = self.months("receivables"), self.say
        if not rows:
            return {}
        ages = tuple(
            (f"days_{name}_amount" if name != "current" else "current_amount", self.word(name)) for name in BUCKETS
        )
        return {
            "dso": plots.lines("dso", "DSO", rows, (("dso_days", "DSO"),), say("days"), is_share=False),
            "rates": plots.lines(
                "rates", say("Collection"), rows,
                (
                    ("cei_share", "CEI"), ("collection_share", say("paid by the end of the month")),
                    ("in_time_share", say("paid by the due date")),
                ), say("share"),
            ),
            "ageing": plots.stacked("ageing", say("Ageing"), rows, ages, self.report.currency),
        }  # fmt: skip

    def _last_month(self) -> dt.date | None:
        months = self.months("receivables")
        return months[-1]["month"] if months else None


def money(value: Decimal) -> str:
    """Whole units of the currency: nobody manages by cents."""
    return f"{value.quantize(Decimal(1)):,}".replace("-", "−")


def _or_none(value: float | None, form: Callable[[float], str]) -> str:
    return "–" if value is None else form(value)
