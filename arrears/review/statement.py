"""What annual credit statements say, as a night explains the grades."""

from collections.abc import Collection, Iterator

from arrears.domain.run import Run
from arrears.engine import duckdb as engine
from arrears.engine.duckdb import parquet
from arrears.lake.lake import Lake
from arrears.notices.compose_credit import Graded
from arrears.review.explanation import Explanation, explained
from arrears.review.judged import STAGES, Judged, NightRules, judged, night_rules, stance_sql
from arrears.snapshot.catalogue import Catalogue

MOST_REASONS = 4


def graded(account_id: str, run: Run, lake: Lake, catalogue: Catalogue) -> Graded:
    """For the year before the night's. UsageError when the account was not open then."""
    rules = night_rules(run, lake)
    return _graded(account_id, rules, judged(account_id, rules, lake), catalogue)


def graded_of_night(
    run: Run, lake: Lake, catalogue: Catalogue, customers: Collection[str]
) -> Iterator[list[tuple[str, Graded]]]:
    """The same of every account of these kinds of customers, in order of account, one bucket of the lake at a time."""
    rules = night_rules(run, lake)
    buckets = zip(*(lake.stage(name, run).files for name in STAGES), strict=True)
    for paths in buckets:
        files = dict(zip(STAGES, paths, strict=True))
        with engine.reading([files["signals"]], "signals") as con:
            for name in ("features", "scores"):
                con.execute(f"CREATE VIEW {name} AS FROM {parquet([files[name]])}")
            rows = {name: con.sql(f"FROM {name} ORDER BY account_id").to_arrow_table().to_pylist() for name in STAGES}
            matched = dict(con.execute(stance_sql(con, rules)).fetchall())
        together = zip(*(rows[name] for name in STAGES), strict=True)
        yield [
            (account_id, _graded(account_id, rules, Judged(features, score, signal, matched[account_id]), catalogue))
            for features, score, signal in together
            if _kind(features["tariff"]) in customers and (account_id := features["account_id"])
        ]


def _kind(tariff: str) -> str:
    return "residential" if tariff == "residential" else "business"


def _graded(account_id: str, rules: NightRules, found: Judged, catalogue: Catalogue) -> Graded:
    zh, en = (explained(account_id, rules, found, catalogue, language) for language in ("zh-CN", "en"))
    return Graded(
        year=rules.run.as_of.year - 1,
        grade=zh.signal["grade"],
        grades=[grade.grade for grade in rules.card.grades],
        reasons=[each.name for each in en.costly[:MOST_REASONS]],
        raises=list(zip(_acts(zh), _acts(en), strict=True)),
        next_grade=en.advice.grade if en.advice else None,
        held_by=(zh.veto.reason, en.veto.reason) if zh.veto and en.veto else None,
    )


def _acts(explanation: Explanation) -> list[str]:
    """What the customer can do; points and bins are for staff."""
    return [act.what for act in explanation.advice.acts] if explanation.advice else []
