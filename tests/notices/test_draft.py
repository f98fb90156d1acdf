import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine, text

from arrears.casebook import read, store
from arrears.casebook.fold import SHADOW, SignalsOf, fold
from arrears.domain.episode_fold import FoldRules
from arrears.domain.instalment import PlanRules
from arrears.domain.notice import NoticeKind
from arrears.domain.run import Receipt, Run, RunKind, midnight
from arrears.errors import BalanceError, CasebookError
from arrears.notices.account import AccountFacts
from arrears.notices.draft import Stationery, draft
from arrears.review.decided import decided_of
from tests.casebook.nights import ZONE, run_of, statistics, table
from tests.notices.letters import AS_OF, FACTS, PAID_UP, SENDER, signal_of, templates

NEXT = AS_OF + dt.timedelta(days=1)
PEOPLE = {
    "0100012345": FACTS,
    "paid_up": replace(PAID_UP, account_id="paid_up"),
    "english": replace(PAID_UP, account_id="english", language="en"),
}


def row(facts: AccountFacts, **other: object) -> dict[str, object]:
    signal = signal_of(facts)
    return {
        "account_id": signal.account_id,
        "level": "yellow",
        "is_in_collection": False,
        "open_amount": signal.open_amount,
        "overdue_amount": signal.overdue_amount,
        "next_due_on": signal.next_due_on,
        "next_due_amount": signal.next_due_amount,
        "treatment": "reminder",
        "reason_1": "late_streak_bills",
        **other,
    }


def signals_of(*rows: dict[str, object]) -> SignalsOf:
    return lambda _: [table(rows[:1]), table(rows[1:])]


def facts_of(accounts: Sequence[str]) -> Iterable[AccountFacts]:
    return (PEOPLE[account] for account in reversed(accounts))


ALL = signals_of(*(row(facts) for facts in PEOPLE.values()))
TEMPLATES = {kind: templates(kind) for kind in NoticeKind}
STATIONERY = Stationery(SENDER, TEMPLATES, decided_of({}), PlanRules(3, 2, 24, Decimal("10.00"), 90))


def night(engine: Engine, run: Run, signals: SignalsOf, folder: Path) -> Receipt:
    fold(run, signals, engine, FoldRules(), ZONE)
    return draft(run, signals, facts_of, engine, STATIONERY, folder)


def count(engine: Engine, what: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_letter_for_each_warned_account(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF)
    receipt = night(engine, run, ALL, tmp_path)
    money = Decimal("2102.59") + 2 * Decimal("1980.00")
    assert receipt == Receipt("draft", run.run_key, 3, 3, money_in=money, money_out=money)
    assert store.stored_receipt(engine, run, "draft") == receipt
    (notice,) = read.notices_of(engine, "0100012345")
    (episode,) = read.episodes_of(engine, "0100012345")
    assert (notice.subject_type, notice.subject_id, notice.state) == ("episode", episode.episode_id, "drafted")
    assert (notice.total_amount, notice.context["total_amount"]) == (Decimal("2102.59"), "¥2,102.59")
    page = (tmp_path / f"as_of={AS_OF}" / f"{notice.notice_id}.html").read_bytes()
    assert hashlib.sha256(page).hexdigest() == notice.html_sha256
    assert len(files(tmp_path)) == count(engine, "rendering") == 12


def test_the_customer_s_language(engine: Engine, source: str, tmp_path: Path) -> None:
    night(engine, run_of(source, AS_OF), ALL, tmp_path)
    letters = {name: read.notices_of(engine, name)[0] for name in PEOPLE}
    assert {name: letter.language for name, letter in letters.items()} == {
        "0100012345": "zh-CN",
        "paid_up": "zh-CN",
        "english": "en",
    }
    assert "Dear 王小明," in (tmp_path / f"as_of={AS_OF}" / f"{letters['english'].notice_id}.txt").read_text()


def test_drafting_again_gives_the_same_letters_and_no_second_row(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF)
    receipt = night(engine, run, ALL, tmp_path)
    before = files(tmp_path)
    assert night(engine, run, ALL, tmp_path) == receipt
    assert files(tmp_path) == before
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM notice; UPDATE run SET receipts = receipts - 'draft'"))
    assert night(engine, run, ALL, tmp_path) == receipt, "as if killed between the files and the commit"
    assert files(tmp_path) == before
    assert count(engine, "notice") == 3


def test_the_next_night_writes_only_what_is_new(engine: Engine, source: str, tmp_path: Path) -> None:
    first, both = (
        signals_of(*(row(PEOPLE[name]) for name in names)) for names in (["paid_up"], ["paid_up", "english"])
    )
    night(engine, run_of(source, AS_OF), first, tmp_path)
    receipt = night(engine, run_of(source, NEXT), both, tmp_path)
    assert (receipt.rows_in, receipt.rows_out, receipt.rows_repeated) == (2, 1, 1)
    assert receipt.money_in == receipt.money_out + receipt.money_repeated
    assert sorted({name.split("/")[0] for name in files(tmp_path)}) == [f"as_of={AS_OF}", f"as_of={NEXT}"]
    assert count(engine, "notice") == 2


@pytest.mark.parametrize(
    "other",
    [
        {"treatment": "none"},
        {"treatment": "demand"},
        {"level": None},
        {"next_due_on": None, "next_due_amount": Decimal("0.00")},
        {"is_in_collection": True},
    ],
)
def test_who_gets_none(engine: Engine, source: str, tmp_path: Path, other: dict[str, object]) -> None:
    receipt = night(engine, run_of(source, AS_OF), signals_of(row(FACTS, **other)), tmp_path)
    assert (receipt.rows_in, count(engine, "notice"), files(tmp_path)) == (0, 0, {})


def test_live_letters_are_for_the_latest_night_only(engine: Engine, source: str, tmp_path: Path) -> None:
    old, new = run_of(source, AS_OF), run_of(source, NEXT)
    for run in (old, new):
        fold(run, ALL, engine, FoldRules(), ZONE)
    receipt = draft(old, ALL, facts_of, engine, STATIONERY, tmp_path)
    assert receipt.remarks == (f"not drafted: live stands at {NEXT}",)
    assert count(engine, "notice") == 0
    assert draft(new, ALL, facts_of, engine, STATIONERY, tmp_path).rows_out == 3


@pytest.mark.parametrize("kind", [RunKind.NIGHTLY, RunKind.BACKFILL])
def test_a_night_that_is_not_folded_has_no_letters(engine: Engine, source: str, tmp_path: Path, kind: RunKind) -> None:
    with pytest.raises(CasebookError, match="the night of 2026-10-31 is not folded yet"):
        draft(run_of(source, AS_OF, kind), ALL, facts_of, engine, STATIONERY, tmp_path)


def test_a_night_run_again_with_other_code_writes_nothing(engine: Engine, source: str, tmp_path: Path) -> None:
    night(engine, run_of(source, AS_OF), ALL, tmp_path)
    before = files(tmp_path)
    receipt = night(engine, run_of(source, AS_OF, code="2"), ALL, tmp_path)
    assert receipt.remarks == (f"not drafted: live stands at {AS_OF}",)
    assert files(tmp_path) == before


def test_a_wrong_sum_stops_the_stage(engine: Engine, source: str, tmp_path: Path) -> None:
    wrong = signals_of(row(FACTS, open_amount=Decimal("1.00")))
    with pytest.raises(BalanceError, match=r"account 0100012345: open: the bills say 2602\.59, the signal 1\.00"):
        night(engine, run_of(source, AS_OF), wrong, tmp_path)
    assert count(engine, "notice") == 0


def test_who_has_no_name_gets_no_letter_and_stops_no_other(engine: Engine, source: str, tmp_path: Path) -> None:
    run = run_of(source, AS_OF)
    fold(run, ALL, engine, FoldRules(), ZONE)

    def some(accounts: Sequence[str]) -> Iterable[AccountFacts]:
        return (PEOPLE[account] for account in accounts if account != "0100012345")

    receipt = draft(run, ALL, some, engine, STATIONERY, tmp_path)
    assert (receipt.rows_in, receipt.rows_out, receipt.rows_quarantined) == (3, 2, 1)
    assert receipt.money_in == receipt.money_out + receipt.money_quarantined
    assert receipt.money_quarantined == Decimal("2102.59")
    assert receipt.remarks == ("no letter to 0100012345: the customer is not known; see what the pull set aside",)
    assert read.notices_of(engine, "0100012345") == []
    assert count(engine, "notice") == 2
    assert night(engine, run_of(source, NEXT), ALL, tmp_path).rows_out == 1, "the next night writes it"


def test_a_backfill_drafts_into_its_shadow_only(engine: Engine, source: str, tmp_path: Path) -> None:
    night(engine, run_of(source, NEXT), ALL, tmp_path)
    live = files(tmp_path), count(engine, "notice WHERE timeline = 'live'")
    run = run_of(source, AS_OF, RunKind.BACKFILL)
    for _ in range(2):
        assert night(engine, run, ALL, tmp_path).rows_out == 3
    shadow = {name: body for name, body in files(tmp_path).items() if name.startswith(f"{SHADOW}/as_of={AS_OF}/")}
    assert len(shadow) == 12, "HTML, text, message and letter of each"
    assert (
        {name: body for name, body in files(tmp_path).items() if name not in shadow},
        count(engine, "notice WHERE timeline = 'live'"),
    ) == live
    assert count(engine, "notice WHERE timeline = 'shadow'") == 3


def test_a_shadow_letter_goes_when_its_episode_turns_out_to_be_older(
    engine: Engine, source: str, tmp_path: Path
) -> None:
    signals = signals_of(row(PEOPLE["paid_up"]))
    first, second = (
        night(engine, run_of(source, as_of, RunKind.BACKFILL), signals, tmp_path) for as_of in (NEXT, AS_OF)
    )
    assert (first.remarks, second.remarks) == ((), (f"draft the later nights of this shadow again: {NEXT}",))
    (episode,) = read.episodes_of(engine, "paid_up", SHADOW)
    (notice,) = read.notices_of(engine, "paid_up", SHADOW)
    assert (episode.raised_on, notice.subject_id) == (AS_OF, episode.episode_id)
    again = draft(run_of(source, NEXT, RunKind.BACKFILL), signals, facts_of, engine, STATIONERY, tmp_path)
    assert (again.rows_out, again.rows_repeated) == (0, 1)
    assert {name.split("/")[1] for name in files(tmp_path)} == {f"as_of={AS_OF}"}


def test_a_shadow_letter_is_about_the_episode_that_was_open_on_its_night(
    engine: Engine, source: str, tmp_path: Path
) -> None:
    """By now that one has expired, and the account has a new one."""
    signals = signals_of(row(PEOPLE["paid_up"]))
    runs = [run_of(source, AS_OF + dt.timedelta(days=number), RunKind.BACKFILL) for number in range(3)]
    for run in runs:
        fold(run, signals, engine, FoldRules(horizon_days=1), ZONE)
    draft(runs[0], signals, facts_of, engine, STATIONERY, tmp_path)
    old, new = read.episodes_of(engine, "paid_up", SHADOW)
    (notice,) = read.notices_of(engine, "paid_up", SHADOW)
    assert (notice.subject_id, new.raised_on) == (old.episode_id, runs[2].as_of)


def test_a_restate_drafts_on_its_own_timeline(engine: Engine, source: str, tmp_path: Path) -> None:
    restate = Run(source, AS_OF, midnight(NEXT, ZONE), RunKind.RESTATE, "1", "policy", "card")
    night(engine, restate, ALL, tmp_path)
    assert count(engine, "notice WHERE timeline = 'restate-20261031T160000Z'") == count(engine, "notice") == 3


def test_a_dry_run_drafts_nothing(engine: Engine, source: str, tmp_path: Path) -> None:
    receipt = night(engine, run_of(source, AS_OF, RunKind.DRY_RUN), ALL, tmp_path)
    assert (receipt.rows_in, count(engine, "run"), files(tmp_path)) == (0, 0, {})


def test_more_letters_than_one_batch(engine: Engine, source: str, tmp_path: Path) -> None:
    names = [f"account {number}" for number in range(1100)]
    rows = [row(replace(PAID_UP, account_id=name)) for name in names]
    whole: list[pa.Table] = [table(rows)]
    run = run_of(source, AS_OF)
    fold(run, lambda _: whole, engine, FoldRules(), ZONE)
    assert (statistics(engine, "episode"), statistics(engine, "event")) == (1100, 1100)
    asked: list[int] = []

    def facts(accounts: Sequence[str]) -> Iterable[AccountFacts]:
        asked.append(len(accounts))
        return (replace(PAID_UP, account_id=name) for name in accounts)

    assert draft(run, lambda _: whole, facts, engine, STATIONERY, tmp_path).rows_out == 1100
    assert asked == [1100], "once, for all of them"
    assert (statistics(engine, "notice"), statistics(engine, "rendering")) == (1100, count(engine, "rendering"))
