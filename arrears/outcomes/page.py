"""A report of outcomes as one HTML file for managers: no script, nothing from outside, zh or en."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from arrears.outcomes import plots
from arrears.outcomes.figures import LEAST_LEAD_DAYS
from arrears.outcomes.report import Report, Row, parts
from arrears.outcomes.telling import BUCKETS, Telling, money
from arrears.scorecard import report_formats as formats
from arrears.scorecard import report_plots
from arrears.scorecard.performance import Group
from arrears.scorecard.report_words import TAGS, Language

TEMPLATE = "reports/outcomes.html"


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


class _Page(Telling):
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
