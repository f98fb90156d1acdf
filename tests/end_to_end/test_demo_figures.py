"""The night's figures against SQL written by hand on the demo utility's own books, by its own names, to the cent."""

import datetime as dt
import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.end_to_end.deployments import NIGHTS, Books

NIGHT = NIGHTS[-1]

DISTRICTS = {
    "01": "云溪", "02": "临江", "03": "东湖新区", "04": "西岭", "05": "南桥", "06": "北苑",
    "07": "石湾", "08": "青岚县", "09": "白杨县", "10": "清水县", "11": "高新开发区", "12": "柳林矿区",
}  # fmt: skip

BY_HAND = """
-- Entered before midnight: :midnight is a stamp as the books write it. Dated before the night: :night.
WITH supply AS (
    SELECT cons_no, org_no FROM c_cons
    WHERE entered_at < :midnight AND build_date < :night
      AND cons_id NOT IN (SELECT cons_id FROM c_cons_close WHERE entered_at < :midnight AND close_date < :night)
),
adjusted AS (
    SELECT * FROM a_adjust_flow
    WHERE entered_at < :midnight AND adj_date < :night
      AND adj_id NOT IN (SELECT adj_id FROM a_adjust_cancel WHERE entered_at < :midnight)
),
named AS (SELECT rcvbl_amt_id, sum(adj_fen) AS fen FROM adjusted WHERE rcvbl_amt_id IS NOT NULL GROUP BY rcvbl_amt_id),
-- What stands of the bills, less what credits and write-offs that name them take; a debt that the books begin with is one.
standing AS (
    SELECT rcvbl_amt_id, CAST(rcvbl_amt_id AS TEXT) AS number, cons_no, release_date, pay_limit_date,
        rcvbl_fen - min(rcvbl_fen, coalesce(named.fen, 0)) AS rcvbl_fen, min(rcvbl_fen, coalesce(named.fen, 0)) AS taken_fen
    FROM a_rcvbl_flow LEFT JOIN named USING (rcvbl_amt_id)
    WHERE entered_at < :midnight AND release_date < :night
      AND rcvbl_amt_id NOT IN (SELECT rcvbl_amt_id FROM a_rcvbl_cancel WHERE entered_at < :midnight)
    UNION ALL
    SELECT NULL, CAST(adj_id AS TEXT), cons_no, adj_date, due_date, adj_fen, 0 FROM adjusted
    WHERE adj_type = '01' AND adj_fen > 0
),
-- Each with the sum of all that are due before it or with it.
bill AS (
    SELECT standing.*,
        sum(rcvbl_fen) OVER (
            PARTITION BY cons_no ORDER BY pay_limit_date, release_date, number ROWS UNBOUNDED PRECEDING
        ) AS upto_fen
    FROM standing
),
-- Payments, and of the adjustments what is no debt and no bill took.
money AS (
    SELECT cons_no, rcved_fen AS fen FROM a_pay_flow
    WHERE entered_at < :midnight AND charge_date < :night
      AND charge_id NOT IN (SELECT charge_id FROM a_pay_reversal WHERE entered_at < :midnight AND rev_date < :night)
    UNION ALL
    SELECT cons_no, abs(adj_fen) FROM adjusted WHERE adj_type <> '01' OR adj_fen < 0
    UNION ALL
    SELECT cons_no, -taken_fen FROM standing
),
paid AS (SELECT cons_no, sum(fen) AS fen FROM money GROUP BY cons_no),
-- Payments cover the oldest bills first: of a bill is open what reaches beyond them, and never more than itself.
owed AS (
    SELECT bill.*, max(0, min(rcvbl_fen, upto_fen - coalesce(paid.fen, 0))) AS open_fen,
        julianday(:night) - julianday(pay_limit_date) AS days_past_due,
        coalesce(rcvbl_amt_id, 0) IN (
            SELECT rcvbl_amt_id FROM s_appeal
            WHERE entered_at < :midnight AND accept_date < :night AND appeal_id NOT IN (
                SELECT appeal_id FROM s_appeal_end WHERE entered_at < :midnight AND finish_date < :night)
        ) AS is_disputed
    FROM bill LEFT JOIN paid USING (cons_no)
),
-- Past due and not in dispute.
overdue AS (SELECT cons_no, open_fen, days_past_due FROM owed WHERE open_fen > 0 AND days_past_due > 0 AND NOT is_disputed),
account AS (
    SELECT cons_no, org_no,
        (SELECT coalesce(sum(open_fen), 0) FROM owed WHERE owed.cons_no = supply.cons_no) AS open_fen,
        (SELECT coalesce(sum(open_fen), 0) FROM overdue WHERE overdue.cons_no = supply.cons_no) AS overdue_fen,
        (SELECT max(days_past_due) FROM overdue WHERE overdue.cons_no = supply.cons_no) AS oldest_days,
        (SELECT coalesce(sum(open_fen), 0) FROM overdue WHERE overdue.cons_no = supply.cons_no AND days_past_due >= 15)
            AS late_fen,
        (SELECT count(*) FROM c_theft_case
         WHERE c_theft_case.cons_no = supply.cons_no AND case_type IN ('01', '02')
           AND entered_at < :midnight AND confirm_date < :night AND confirm_date >= date(:night, '-24 months')
           AND case_id NOT IN (SELECT case_id FROM c_theft_revoke WHERE entered_at < :midnight)) AS thefts
    FROM supply
)
SELECT cons_no, org_no, open_fen, overdue_fen, oldest_days, late_fen, thefts FROM account ORDER BY cons_no
"""


@pytest.fixture(scope="module")
def by_hand(books: Books) -> list[Any]:
    with closing(sqlite3.connect(books.billing)) as con:
        for table in ("a_rcvbl_flow", "a_pay_flow", "c_theft_case"):
            (stamp,) = con.execute(f"SELECT entered_at FROM {table} LIMIT 1").fetchone()
            dt.datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f")  # noqa: DTZ007  (so that texts compare as instants do)
        return con.execute(BY_HAND, {"night": f"{NIGHT}", "midnight": f"{NIGHT} 00:00:00.000000"}).fetchall()


@pytest.fixture(scope="module")
def by_the_night(forward_state: Path) -> list[Any]:
    night = f"as_of={NIGHT}/known_at=*/*.parquet"
    lake = forward_state / "state" / "lake" / "demo"
    with duckdb.connect() as con:
        return con.execute(
            """SELECT account_id, s.district, s.open_amount, s.overdue_amount, s.oldest_days_past_due, theft_count_24m,
    is_in_collection
FROM read_parquet(?) AS s JOIN read_parquet(?) AS f USING (account_id) ORDER BY account_id""",
            [f"{lake}/signals/{night}", f"{lake}/features/{night}"],
        ).fetchall()


def test_every_account_owes_what_the_books_say(by_hand: list[Any], by_the_night: list[Any]) -> None:
    expected = [
        (number, DISTRICTS[org], _yuan(open_fen), _yuan(overdue_fen), None if oldest is None else int(oldest), thefts)
        for number, org, open_fen, overdue_fen, oldest, _, thefts in by_hand
    ]
    assert [row[:6] for row in by_the_night] == expected


def test_adjustments_of_every_kind_are_put_to_the_test(books: Books) -> None:
    with closing(sqlite3.connect(books.billing)) as con:
        kinds = con.execute("SELECT DISTINCT adj_type, adj_fen > 0, rcvbl_amt_id IS NULL FROM a_adjust_flow").fetchall()
    assert {("01", 1, 1), ("01", 0, 1), ("02", 1, 1)} <= set(kinds)


def test_districts_add_up(by_hand: list[Any], by_the_night: list[Any]) -> None:
    expected: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for _, org, open_fen, overdue_fen, _, late_fen, thefts in by_hand:
        row = (1, open_fen, overdue_fen, late_fen >= 10_00, thefts)
        expected[DISTRICTS[org]] = [total + part for total, part in zip(expected[DISTRICTS[org]], row, strict=True)]
    told: dict[str, list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for _, district, open_amount, overdue_amount, _, thefts, is_in_collection in by_the_night:
        row = (1, int(open_amount * 100), int(overdue_amount * 100), is_in_collection, thefts)
        told[district] = [total + part for total, part in zip(told[district], row, strict=True)]
    assert len(told) == 12
    assert told == expected
    assert all(sum(row[column] for row in told.values()) > 0 for column in range(5)), "each figure is put to the test"


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2)
