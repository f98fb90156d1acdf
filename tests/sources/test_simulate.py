"""The demo utility grows without ever changing what is there, and depends on nothing but what it is asked for."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from arrears.errors import UsageError
from arrears.sources.simulate import arrangements, behaviour, journal, simulate
from arrears.sources.simulate.columns import Window
from arrears.sources.simulate.entries import Block, entries, make_block
from arrears.sources.simulate.months import DAY_SECONDS, day_number, month_number
from arrears.sources.simulate.parameters import PARAMETERS
from arrears.sources.simulate.random_streams import RandomStreams
from arrears.sources.simulate.tables import BOOKS

from .demo_utility import Utility

pytestmark = pytest.mark.xdist_group(__name__)
EARLY, LATE = dt.date(2025, 3, 17), dt.date(2025, 6, 9)
METER_FROM = dt.date(2025, 3, 10)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Utility:
    utility = Utility(tmp_path_factory.mktemp("late"), meter_from=METER_FROM)
    utility.simulate(LATE)
    return utility


def test_a_later_end_changes_nothing_before_it(tmp_path: Path, late: Utility) -> None:
    early = Utility(tmp_path, meter_from=METER_FROM)
    early.simulate(EARLY)
    rows, files = early.rows(), early.files()
    assert rows == late.rows(before=EARLY + dt.timedelta(days=1))
    assert len(files) == 2 * (EARLY - METER_FROM).days
    assert files == {name: late.files()[name] for name in files}


def test_taking_books_further_adds_only_what_is_missing(tmp_path: Path, late: Utility) -> None:
    grown = Utility(tmp_path, meter_from=METER_FROM)
    first = grown.simulate(EARLY)
    kept = grown.files()
    written = {name: (grown.meter / name).stat().st_mtime_ns for name in kept}
    second = grown.simulate(LATE)
    assert grown.rows() == late.rows()
    assert grown.files() == late.files()
    assert {name: (grown.meter / name).stat().st_mtime_ns for name in kept} == written
    for name, rows in late.rows().items():
        assert first.rows[name] + second.rows[name] == len(rows), name
    assert (grown.simulate(LATE).rows, grown.simulate(LATE).meter_files) == ({}, 0)


@pytest.mark.parametrize("lost", ["2025-03-12.csv.gz", "load-2025-03-12.csv.gz"])
def test_a_lost_meter_file_comes_back_the_same(tmp_path: Path, late: Utility, lost: str) -> None:
    utility = Utility(tmp_path, meter_from=METER_FROM)
    utility.simulate(EARLY)
    (utility.meter / lost).unlink()
    assert utility.simulate(EARLY).meter_files == 1
    assert utility.files()[lost] == late.files()[lost]


def test_no_row_entered_before_an_end_hangs_on_what_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Closings, promises and top-ups that lie ahead are the ways in which the future could reach back. Here many close and
    leave their debt, and every late bill is spoken of."""
    failing = replace(PARAMETERS.population, failing_per_month=0.2, closing_per_month=0.01, skipping_share=1.0)
    arranging = replace(PARAMETERS.arranging, agreed_share=1.0, deferral_share=0.3)
    for module in (arrangements, behaviour):
        monkeypatch.setattr(module, "PARAMETERS", replace(PARAMETERS, population=failing, arranging=arranging))
    long = block_until(dt.date(2026, 10, 31))
    for end in (dt.date(2024, 12, 31), dt.date(2025, 7, 31), dt.date(2026, 2, 28)):
        window = Window(since=-(2**62), end=(day_number(end) + 1) * DAY_SECONDS)
        short = entries(RandomStreams(7), block_until(end), window)
        for name, columns in entries(RandomStreams(7), long, window).items():
            for column, values in columns.items():
                assert short[name][column].tolist() == values.tolist(), (end, name, column)


def block_until(end: dt.date) -> Block:
    start = dt.date(2023, 11, 1)
    return make_block(RandomStreams(7), 0, 3_000, day_number(start), month_number(start), month_number(end))


@pytest.mark.parametrize("block", [37, 64, 299])
def test_the_size_of_the_blocks_changes_no_row(tmp_path: Path, late: Utility, block: int) -> None:
    utility = Utility(tmp_path, meter_from=METER_FROM)
    utility.simulate(LATE, block=block)
    assert utility.rows() == late.rows()
    assert utility.files() == late.files()


def test_an_account_alone_is_the_same_as_among_others(tmp_path: Path) -> None:
    alone, together = Utility(tmp_path / "alone", accounts=30), Utility(tmp_path / "together", accounts=30)
    alone.simulate(EARLY, block=1)
    together.simulate(EARLY)
    assert alone.rows() == together.rows()


def test_more_accounts_leave_the_first_ones_alone(tmp_path: Path, late: Utility) -> None:
    larger = Utility(tmp_path, accounts=350)
    larger.simulate(LATE)
    assert larger.rows()["c_cons"][: len(late.rows()["c_cons"])] == late.rows()["c_cons"]
    assert set(late.rows()["a_pay_flow"]) < set(larger.rows()["a_pay_flow"])


def test_another_seed_makes_another_utility(tmp_path: Path, late: Utility) -> None:
    other = Utility(tmp_path, seed=6)
    other.simulate(LATE)
    ours, theirs = set(late.rows()["a_rcvbl_flow"]), set(other.rows()["a_rcvbl_flow"])
    assert len(ours & theirs) < 0.01 * len(ours)


def test_nothing_is_entered_after_the_end_or_before_it_happened(late: Utility) -> None:
    for name, rows in late.rows().items():
        assert all(row[-1].date() <= LATE for row in rows), name
    for row in late.rows()["a_pay_flow"]:
        assert 0 <= (row[-1].date() - row[2]).days <= 24
    for row in late.rows()["a_rcvbl_flow"]:
        assert row[-1].date() == row[2]
        assert row[3] <= row[4] < row[2] < row[5]
    for row in late.rows()["s_pay_plan_term"]:
        assert row[-1].date() <= row[3] + dt.timedelta(days=30)


def test_every_row_comes_after_the_rows_it_speaks_of(late: Utility) -> None:
    rows = late.rows()
    for child, parent in [
        ("a_rcvbl_cancel", "a_rcvbl_flow"),
        ("a_pay_reversal", "a_pay_flow"),
        ("c_theft_revoke", "c_theft_case"),
        ("s_appeal_end", "s_appeal"),
        ("c_cons_close", "c_cons"),
        ("c_meter_rmv", "c_meter_inst"),
        ("a_adjust_cancel", "a_adjust_flow"),
        ("c_theft_assess", "c_theft_case"),
        ("s_pay_plan_result", "s_pay_plan_term"),
        ("c_deposit_end", "c_deposit"),
        ("c_contact_chg", "c_contact"),
        ("c_protect_end", "c_protect"),
        ("x_pub_record_end", "x_pub_record"),
    ]:
        entered = {row[0]: row[-1] for row in rows[parent]}
        assert all(entered[row[0]] < row[-1] for row in rows[child]), child


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        ("c_cons", "cust_id", "c_cust"),
        ("c_cons", "guar_cust_id", "c_cust"),
        ("c_cons", "prem_id", "c_prem"),
        ("c_contact", "cust_id", "c_cust"),
        ("x_pub_record", "cust_id", "c_cust"),
        ("a_adjust_flow", "rcvbl_amt_id", "a_rcvbl_flow"),
        ("s_pay_plan_term", "plan_id", "s_pay_plan"),
    ],
)
def test_every_row_comes_after_the_rows_that_it_names(late: Utility, child: str, column: str, parent: str) -> None:
    rows = late.rows()
    place = [each.name for each in BOOKS.tables[child].columns].index(column)
    entered = {row[0]: row[-1] for row in rows[parent]}
    named = [row for row in rows[child] if row[place] is not None]
    assert all(entered[row[place]] <= row[-1] for row in named), child
    assert named or column in ("guar_cust_id", "rcvbl_amt_id"), "there is something to hold it against"


def test_generic_insertion_gives_the_same_rows(tmp_path: Path, late: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_WAYS", {})
    utility = Utility(tmp_path)
    utility.simulate(EARLY)
    assert utility.rows() == late.rows(before=EARLY + dt.timedelta(days=1))
    fast, generic = (create_engine(each.url).connect() for each in (late, utility))
    with fast, generic:
        for query in ("SELECT MIN(entered_at) FROM a_pay_flow", "SELECT MIN(release_date) FROM a_rcvbl_flow"):
            assert fast.execute(text(query)).scalar() == generic.execute(text(query)).scalar()
    for connection in (fast, generic):
        connection.engine.dispose()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"seed": 6}, "made with seed 5, not 6"),
        ({"accounts": 301}, "made with accounts 300, not 301"),
        ({"start": dt.date(2024, 12, 1)}, "made with start 2024-11-01"),
        ({"meter_from": METER_FROM}, "made with meter_from none"),
    ],
)
def test_books_of_another_utility_are_refused(tmp_path: Path, change: dict[str, int | dt.date], sentence: str) -> None:
    Utility(tmp_path).simulate(dt.date(2024, 11, 20))
    before = Utility(tmp_path).rows()
    with pytest.raises(UsageError, match=sentence):
        Utility(tmp_path, **change).simulate(EARLY)  # type: ignore[arg-type]
    assert Utility(tmp_path).rows() == before


def test_books_of_an_older_version_are_not_taken_further(tmp_path: Path) -> None:
    utility = Utility(tmp_path)
    utility.simulate(dt.date(2024, 11, 20))
    engine = create_engine(utility.url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE c_prem"))
        connection.execute(text("UPDATE demo_origin SET value = 'older' WHERE name = 'version'"))
    engine.dispose()
    with pytest.raises(UsageError, match=r"another version of the simulator.*remove the database and the meter files"):
        utility.simulate(EARLY)


def test_books_are_never_cut_back(tmp_path: Path) -> None:
    Utility(tmp_path).simulate(dt.date(2024, 11, 20))
    with pytest.raises(UsageError, match="already reach 2024-11-20"):
        Utility(tmp_path).simulate(dt.date(2024, 11, 19))


def test_a_database_of_someone_else_is_refused(tmp_path: Path) -> None:
    engine = create_engine(Utility(tmp_path).url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE c_cons (x int)"))
    engine.dispose()
    with pytest.raises(UsageError, match="not a demo utility's"):
        Utility(tmp_path).simulate(EARLY)


@pytest.mark.parametrize("database", ["sqlite:////proc/nowhere.db", "not a url", "nosuch://x/y"])
def test_a_database_out_of_reach_is_told_in_a_sentence(tmp_path: Path, database: str) -> None:
    with pytest.raises(UsageError, match="the books cannot be written"):
        Utility(tmp_path, database=database).simulate(EARLY)


@pytest.mark.parametrize(
    ("utility", "until"),
    [
        (Utility(Path("nowhere"), accounts=0), EARLY),
        (Utility(Path("nowhere"), start=dt.date(2024, 11, 2)), EARLY),
        (Utility(Path("nowhere")), dt.date(2024, 10, 31)),
        (Utility(Path("nowhere"), meter_from=dt.date(2024, 10, 31)), EARLY),
    ],
)
def test_a_wrong_request_touches_nothing(utility: Utility, until: dt.date) -> None:
    with pytest.raises(UsageError):
        utility.simulate(until)
    assert not utility.folder.exists()


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, float]] = []
    simulate(
        url=f"sqlite:///{tmp_path}/billing.db",
        meter_folder=tmp_path / "meter",
        accounts=30,
        start=dt.date(2024, 11, 1),
        until=dt.date(2024, 11, 5),
        seed=1,
        meter_from=dt.date(2024, 11, 3),
        progress=lambda stage, share: told.append((stage, share)),
        block=20,
    )
    assert told == [("books", 20 / 30), ("books", 1.0), ("meter", 0.5), ("meter", 1.0)]


def test_draws_hang_on_seed_purpose_index_and_moment_alone() -> None:
    streams, index = RandomStreams(1), np.arange(20_000, dtype=np.int64)
    drawn = streams.uniform("a", index, 3)
    assert (streams.uniform("a", index[500:600], 3) == drawn[500:600]).all()
    both = streams.uniform("a", index[:50, None], np.arange(5, dtype=np.int64))
    assert (both[:, 3] == drawn[:50]).all()
    for other in (
        streams.uniform("b", index, 3),
        streams.uniform("a", index, 4),
        streams.uniform("a", index + 1, 3),
        RandomStreams(2).uniform("a", index, 3),
    ):
        assert abs(np.corrcoef(drawn, other)[0, 1]) < 0.03
    assert abs(drawn.mean() - 0.5) < 0.01
    assert abs(drawn.std() - 12**-0.5) < 0.01
    normal = streams.normal("n", index)
    assert abs(normal.mean()) < 0.03
    assert abs(normal.std() - 1) < 0.02
    shares = np.bincount(streams.choice("c", np.array([0.2, 0.5, 0.3]), index)) / len(index)
    assert np.allclose(shares, [0.2, 0.5, 0.3], atol=0.015)
    whole = streams.between("w", 3, 5, index)
    assert set(whole.tolist()) == {3, 4, 5}
    assert abs(streams.exponential("e", index).mean() - 1) < 0.03
