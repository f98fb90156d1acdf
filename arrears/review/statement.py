"""What an account's annual credit statement says, as its latest night explains the grade."""

from arrears.domain.run import Run
from arrears.lake.lake import Lake
from arrears.notices.compose_credit import Graded
from arrears.review.explanation import Explanation, explain
from arrears.snapshot.catalogue import Catalogue

MOST_REASONS = 4


def graded(account_id: str, run: Run, lake: Lake, catalogue: Catalogue) -> Graded:
    """For the year before the night's. UsageError when the account was not open then."""
    zh, en = (explain(account_id, run, lake, catalogue, language) for language in ("zh-CN", "en"))
    grades = [grade["grade"] for grade in lake.stage("scores", run).manifest["card"]["grades"]]
    return Graded(
        year=run.as_of.year - 1,
        grade=zh.signal["grade"],
        grades=grades,
        reasons=[each.name for each in en.costly[:MOST_REASONS]],
        raises=list(zip(_acts(zh), _acts(en), strict=True)),
        next_grade=en.advice.grade if en.advice else None,
        held_by=(zh.veto.reason, en.veto.reason) if zh.veto and en.veto else None,
    )


def _acts(explanation: Explanation) -> list[str]:
    """What the customer can do; points and bins are for staff."""
    return [act.what for act in explanation.advice.acts] if explanation.advice else []
