"""A card's way into force and out of it, through the commands that people type."""

import datetime as dt
import json
from collections.abc import Callable

import duckdb
import pytest

from arrears.domain.run import Run
from arrears.pipeline import challenger_table, open_run
from arrears.scorecard.card import from_json
from tests.cli.conftest import Arrears, Told
from tests.end_to_end.deployments import Deployment, fingerprint
from tests.nights.conftest import DeploySmall
from tests.nights.small_books import ACCOUNTS, SmallBooks
from tests.outcomes.conftest import FitCard, Fitted

FIRST = dt.date(2026, 9, 28)

OPEN = ACCOUNTS - 1
"""Of the second night; one more account is opened before the third."""


def night(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def run_of(deployment: Deployment, as_of: dt.date) -> Run:
    with deployment.entered("small"):
        return open_run("small", as_of)


def version_of(fitted: Fitted) -> str:
    return from_json(fitted.card.read_text()).version


def card_of(deployment: Deployment, run: Run) -> str:
    """The version of the card that a stored night was scored by."""
    return from_json(json.dumps(deployment.partition("scores", run).manifest["card"])).version


def test_a_card_comes_into_force_and_goes_as_it_came(
    arrears: Arrears, books: SmallBooks, deploy_small: DeploySmall, fit_card: FitCard
) -> None:
    deployment, alone = deploy_small(books), deploy_small(books)
    fitted = fit_card(deployment)
    version = version_of(fitted)

    def do(*arguments: str) -> Told:
        return arrears(deployment, "scorecard", *arguments)

    expert = run_of(deployment, night(0))
    assert do("register", *fitted.options, "--why", "monthly", "--by", "modeller").code == 0
    again = do("register", *fitted.options, "--why", "monthly", "--by", "modeller")
    assert (again.code, "is registered already" in again.err) == (2, True)

    # In the shadow it scores and decides nothing.
    receipts = deployment.whole_night(night(1), source="small")
    assert receipts["shadow"].remarks == (f"challenger {version[:12]} (small) scored {OPEN} accounts",)
    shadowed = run_of(deployment, night(1))
    assert shadowed.card_version == expert.card_version == card_of(deployment, shadowed)
    assert deployment.partition(challenger_table(version), shadowed).manifest["rows"] == OPEN
    alone.night(night(1), source="small")
    assert fingerprint(deployment, shadowed) == fingerprint(alone, shadowed)

    # Two people, and not under a night that stands.
    promote = ("promote", version[:8], "--why", "better", "--by", "chief", "--from")
    assert "has no approval that stands" in do(*promote, str(night(2))).err
    assert "a second person" in do("approve", version, "--why", "mine", "--by", "modeller").err
    assert do("approve", version, "--why", "seen", "--by", "chief").code == 0
    assert f"the first that can change is {night(2)}" in do(*promote, str(night(1))).err
    assert do(*promote, str(night(2))).code == 0

    deployment.whole_night(night(2), source="small")
    promoted = run_of(deployment, night(2))
    assert promoted.card_version == version == card_of(deployment, promoted)
    assert run_of(deployment, night(1)) == shadowed, "an old night has the card that was in force then"
    with duckdb.connect() as con:
        scores = [str(path) for path in deployment.partition("scores", promoted).files]
        intervals = con.execute(
            "SELECT count(*), bool_and(probability_low < probability AND probability < probability_high) "
            "FROM read_parquet(?, hive_partitioning = false)",
            [scores],
        ).fetchone()
    assert intervals == (ACCOUNTS, True)
    told = arrears(deployment, "explain", "F06", "--as-of", str(night(2)), "--lang", "zh")
    assert (told.code, "未校准" in told.out, "95%区间" in told.out) == (0, False, True)

    # Back as it was, byte for byte.
    assert f"the first that can change is {night(3)}" in do("demote", "--from", str(night(2)), "--why", "x").err
    assert "the policy's expert card decides" in do("demote", "--from", str(night(3)), "--why", "drifted").out
    deployment.whole_night(night(3), source="small")
    alone.night(night(3), source="small")
    demoted = run_of(deployment, night(3))
    assert demoted.card_version == expert.card_version
    assert fingerprint(deployment, demoted) == fingerprint(alone, demoted)
    assert "has no approval that stands" in do(*promote, str(night(4))).err, "an approval is good for one promotion"

    listed, shown = do("list"), do("show", version)
    assert f"from {night(2)} on: card {version[:12]} (promoted by chief: better)" in listed.out
    assert f"from {night(3)} on: the policy's expert card (demoted by" in listed.out
    assert [
        word for word in ("registered", "shadowed", "approved", "promoted", "demoted") if word not in shown.out
    ] == []


@pytest.fixture
def registered(
    arrears: Arrears, books: SmallBooks, deploy_small: DeploySmall, fit_card: FitCard
) -> tuple[Callable[..., Told], Deployment, Fitted]:
    deployment = deploy_small(books)
    fitted = fit_card(deployment)

    def do(*arguments: str) -> Told:
        return arrears(deployment, "scorecard", *arguments)

    assert do("register", *fitted.options, "--why", "monthly", "--by", "modeller").code == 0
    return do, deployment, fitted


def test_a_report_that_was_changed_cannot_be_promoted_on(
    registered: tuple[Callable[..., Told], Deployment, Fitted],
) -> None:
    do, deployment, fitted = registered
    version = version_of(fitted)
    kept = deployment.state / "scorecards" / version / fitted.report.name
    assert do("report", version).out.strip() == str(kept)
    assert do("approve", version, "--why", "seen", "--by", "chief").code == 0
    kept.write_text("nothing to see")
    assert (told := do("promote", version, "--from", "2026-10-01", "--why", "x")).code == 6
    assert "not the report that was registered" in told.err


def test_a_refused_card_is_no_challenger_until_it_is_one_again(
    registered: tuple[Callable[..., Told], Deployment, Fitted],
) -> None:
    do, deployment, fitted = registered
    version = version_of(fitted)
    assert do("refuse", version, "--why", "too bold", "--by", "chief").code == 0
    assert deployment.whole_night(FIRST, source="small")["shadow"].remarks == ()
    refused = do("approve", version, "--why", "after all", "--by", "chief")
    assert (refused.code, "was refused and is no challenger" in refused.err) == (2, True)
    assert do("shadow", version, "--why", "once more", "--by", "chief").code == 0
    compared = do("compare", "--as-of", str(FIRST))
    assert (compared.code, f"{OPEN} accounts" in compared.out) == (0, True), "it scores a night that it missed"
    assert do("retire", version, "--why", "enough", "--by", "chief").code == 0


def test_what_cannot_be_registered_is_refused_in_a_sentence(
    arrears: Arrears, registered: tuple[Callable[..., Told], Deployment, Fitted]
) -> None:
    do, _, fitted = registered
    values = json.loads(fitted.card.read_text())
    values["parts"][-1]["characteristics"][0]["feature"] = "overdue_amount"
    fitted.card.write_text(json.dumps(values))
    assert "is a fact and may not be scored" in do("register", *fitted.options, "--why", "x").err
    values["parts"][-1]["characteristics"][0]["feature"] = "shoe_size"
    fitted.card.write_text(json.dumps(values))
    assert "not in the feature catalogue" in do("register", *fitted.options, "--why", "x").err
    assert "no card's version begins with 'zz'" in do("show", "zz").err
    assert "--why is empty" in do("retire", version_of(fitted)[:1] or "a", "--why", " ").err
