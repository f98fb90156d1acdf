"""The features of several nights of a month at once, byte for byte those of each night by itself.

Raw rows of money and readings are read once for all nights. An account's money stays the same for many nights: in a month it
has a bill, a payment, a few days on which something of it becomes known. A state is an account on nights, one after another,
between two such days. What looks at money and at no day (`OF_A_STATE`) is worked out once for each state; what looks back from
as-of is worked out for each night, over the states that it shares in.

The number of a state stands where an account's would: it is made of the account's number, its first and its last night."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.lake.buckets import passes
from arrears.lake.contract import Contract
from arrears.lake.gate import rows_of
from arrears.lake.lake import Lake
from arrears.lake.spans import Night, open_spans, spans_sql
from arrears.settings import Settings
from arrears.snapshot.across import link, put_aside
from arrears.snapshot.balance import Totals
from arrears.snapshot.catalogue import OF_A_BUCKET, OF_A_STATE, ONCE
from arrears.snapshot.features import named_files, narrow_gates, open_gates, run_features, slots_of
from arrears.snapshot.steps import make_features

Progress = Callable[[str, float], None]

AT_ONCE = 16
"""So many nights share: with each, an account has more states, and the memory for them grows."""

ACCOUNTS = 62_500
"""So many accounts are looked at at the same time, in as many passes as there are threads."""

MONEY = ("bill", "payment", "adjustment")
"""The tables that `OF_A_STATE` reads."""

ROWS = ("account", *MONEY)
"""The tables whose rows are kept for all nights."""

SHARED = (*ROWS, "reading")
"""Those that are read once for all nights."""

NUMBERS = ("account_number", "meter_number")

OF_A_NIGHT = tuple(step for step in OF_A_BUCKET if step not in (*NUMBERS, "reading_taken", *OF_A_STATE))

_ROOM = 32
"""More than there are nights at once: what a night's number takes in that of a state."""


def shared(runs: Sequence[Run], lake: Lake, most: int = AT_ONCE) -> list[list[Run]]:
    """The nights, oldest first, in groups that may share: of one month, so many at most, each reading the raw files that the
    one before it reads, and perhaps more. What these more hold the gate keeps from the nights before."""
    stretches: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.as_of):
        if stretches and _goes_on(stretches[-1][-1], run, lake):
            stretches[-1].append(run)
        else:
            stretches.append([run])
    return [group for stretch in stretches for group in _evenly(stretch, min(most, AT_ONCE))]


def _evenly(runs: list[Run], most: int) -> list[list[Run]]:
    """In as few parts as that allows, none longer than another by more than one."""
    parts = -(-len(runs) // most)
    return [runs[len(runs) * part // parts : len(runs) * (part + 1) // parts] for part in range(parts)]


def _goes_on(one: Run, other: Run, lake: Lake) -> bool:
    before, after = (lake.stage("inputs", run).manifest["raw"] for run in (one, other))
    return (
        one.as_of.replace(day=1) == other.as_of.replace(day=1)
        and one.known_at <= other.known_at
        and all(set(names) <= set(after.get(table, ())) for table, names in before.items())
    )


def run_nights(runs: Sequence[Run], settings: Settings, lake: Lake, progress: Progress) -> list[Receipt]:
    """Write `features` of these nights, a group of `shared`; each balances, or BalanceError and none is written."""
    if len(runs) == 1:
        return [run_features(runs[0], settings, lake, progress)]
    writers = [lake.writer("features", run) for run in runs]
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill", large=True)
    try:
        with TemporaryDirectory(prefix="features-", dir=settings.state / "spill") as folder:
            _open(con, runs, settings, lake)
            folders = [Path(folder) / str(night) for night in range(len(runs))]
            for each in folders:
                each.mkdir()

            def look_at(buckets: str) -> list[Totals]:
                with con.cursor() as own:
                    return _look_at(own, runs, settings, lake, buckets, folders)

            parts = passes(_accounts(con, runs, settings, lake), ACCOUNTS // settings.threads)
            money = [Totals() for _ in runs]
            with ThreadPoolExecutor(settings.threads) as pool:
                for done, of_a_pass in enumerate(pool.map(look_at, parts), 1):
                    progress(f"features, part {done} of {len(parts)}", done / (len(parts) + 1))
                    money = [total + more for total, more in zip(money, of_a_pass, strict=True)]
            return [
                link(con, run, settings, of_a_night, writer, total)
                for run, of_a_night, writer, total in zip(runs, folders, writers, money, strict=True)
            ]
    finally:
        con.close()


def _open(con: duckdb.DuckDBPyConnection, runs: Sequence[Run], settings: Settings, lake: Lake) -> None:
    """The gates of every night, in a schema of its own; and what spans need."""
    for night, run in enumerate(runs):
        con.execute(f"CREATE SCHEMA night_{night}")
        con.execute(f"SET search_path = 'night_{night},main'")
        open_gates(con, run, settings, lake, but=SHARED)
        make_features(con, settings.sql / "features", run.as_of, ONCE, shared=True)
    con.execute("SET search_path = 'main'")
    for contract, files in _files(runs, settings, lake):
        open_spans(con, contract, files, _nights(runs))


def _look_at(
    con: duckdb.DuckDBPyConnection,
    runs: Sequence[Run],
    settings: Settings,
    lake: Lake,
    buckets: str,
    folders: Sequence[Path],
) -> list[Totals]:
    """`own_features` of these buckets, put aside for every night; the money of each."""
    steps = settings.sql / "features"
    shared_by = f"of_{buckets}"
    con.execute(f"CREATE SCHEMA {shared_by}")
    con.execute(f"SET search_path = '{shared_by},main'")
    spans = {
        contract.table: spans_sql(contract, files, _nights(runs), slots_of(buckets))
        for contract, files in _files(runs, settings, lake)
    }
    for table in ROWS:
        con.execute(f"CREATE TABLE {table}_span AS\n{spans[table]}")
    con.execute(_ACCOUNT_NUMBER)
    _lay_out_states(con, runs, steps, shared_by)
    _take_readings(con, runs, steps, spans)
    money = []
    for night, run in enumerate(runs):
        con.execute(f"SET search_path = 'night_{night},{shared_by},main'")
        narrow_gates(con, run, settings, lake, buckets, but=SHARED)
        _show_rows(con, shared_by, night)
        for table in OF_A_STATE:
            con.execute(_of_night(shared_by, table, night))
        con.execute(_known(f"{shared_by}.reading_span", "reading_taken", night))
        make_features(con, steps, run.as_of, OF_A_NIGHT)
        money.append(put_aside(con, run, settings, folders[night], buckets))
    con.execute("SET search_path = 'main'")
    con.execute(f"DROP SCHEMA {shared_by} CASCADE")
    return money


def _lay_out_states(con: duckdb.DuckDBPyConnection, runs: Sequence[Run], steps: Path, shared_by: str) -> None:
    """Leaves the tables of OF_A_STATE, and the views that they read."""
    con.execute("CREATE TABLE membership (account_no INTEGER, night TINYINT)")
    for night, run in enumerate(runs):
        _show_rows(con, shared_by, night)
        make_features(con, steps, run.as_of, ("cohort",))
        con.execute(f"INSERT INTO membership SELECT account_no, {night} FROM cohort")  # noqa: S608
    con.execute("DROP TABLE temp.cohort")
    for table in ROWS:
        con.execute(f"DROP VIEW temp.{table}_known")
    con.execute(_STATE)
    con.execute(_COHORT)
    for table in MONEY:
        con.execute(_of_states(table))
    make_features(con, steps, runs[0].as_of, OF_A_STATE, shared=True)


def _take_readings(con: duckdb.DuckDBPyConnection, runs: Sequence[Run], steps: Path, spans: Mapping[str, str]) -> None:
    """Leaves `meter_number`, of the meters of all nights, and `reading_span`: `reading_taken` with the nights of each row."""
    con.execute(f"CREATE TABLE raw_reading AS\n{spans['reading']}")
    con.execute("CREATE TEMP VIEW reading_known AS FROM raw_reading")
    for table in ("meter", "profile"):
        con.execute(f"CREATE TEMP VIEW {table}_known AS\n{spans[table]}")
    make_features(con, steps, runs[0].as_of, ("meter_number",), shared=True)
    con.execute("DROP VIEW reading_known")
    always = (0, len(runs) - 1)
    con.execute(f"CREATE TABLE some_reading AS FROM raw_reading WHERE (first_night, last_night) <> {always}")
    together = con.execute("SELECT DISTINCT first_night, last_night FROM some_reading ORDER BY ALL").fetchall()
    for first, last in (always, *together):
        source = "raw_reading" if (first, last) == always else "some_reading"
        con.execute(
            f"CREATE OR REPLACE TEMP VIEW reading_known AS FROM {source} "
            f"WHERE first_night = {first} AND last_night = {last}"
        )
        make_features(con, steps, runs[0].as_of, ("reading_taken",))
        found = f"SELECT *, {first} AS first_night, {last} AS last_night FROM reading_taken"  # noqa: S608
        con.execute(f"CREATE TABLE IF NOT EXISTS reading_span AS {found} LIMIT 0")
        con.execute(f"INSERT INTO reading_span {found}")
    con.execute("DROP TABLE temp.reading_taken")
    con.execute("DROP VIEW temp.reading_known")
    for table in ("raw_reading", "some_reading"):
        con.execute(f"DROP TABLE {table}")


def _files(runs: Sequence[Run], settings: Settings, lake: Lake) -> list[tuple[Contract, list[Path]]]:
    """Of the tables of which the rows of several nights are looked at."""
    tables = (*SHARED, "meter", "profile")
    return [found for found in named_files(runs[-1], settings, lake) if found[0].table in tables]


def _accounts(con: duckdb.DuckDBPyConnection, runs: Sequence[Run], settings: Settings, lake: Lake) -> int:
    """How many were ever heard of."""
    (rows,) = (rows_of(*found) for found in _files(runs, settings, lake) if found[0].table == "account")
    return int(engine.one(con, f"SELECT count(DISTINCT account_id) FROM {rows}")[0])  # noqa: S608


def _nights(runs: Sequence[Run]) -> list[Night]:
    return [(run.as_of, run.known_at) for run in runs]


def _show_rows(con: duckdb.DuckDBPyConnection, shared_by: str, night: int) -> None:
    """`<table>_known` of one night."""
    for table in ROWS:
        con.execute(_known(f"{shared_by}.{table}_span", f"{table}_known", night))


def _known(span: str, name: str, night: int) -> str:
    """What is there on the night, as a view."""
    return f"""CREATE OR REPLACE TEMP VIEW {name} AS
SELECT * EXCLUDE (first_night, last_night) FROM {span} WHERE {night} BETWEEN first_night AND last_night"""  # noqa: S608


def _of_night(shared_by: str, table: str, night: int) -> str:
    """What a table says of the accounts that have a state on the night, under their own numbers again."""
    return f"""CREATE OR REPLACE TEMP VIEW {table} AS
SELECT CAST(account_no // {_ROOM * _ROOM} AS INTEGER) AS account_no, * EXCLUDE (account_no)
FROM {shared_by}.{table}
WHERE account_no // {_ROOM} % {_ROOM} <= {night} AND account_no % {_ROOM} >= {night}"""  # noqa: S608


def _of_states(table: str) -> str:
    """`<table>_known` of the states: a row for each of them in which it is known."""
    return f"""CREATE VIEW {table}_known AS
SELECT {table}_span.* EXCLUDE (account_id, first_night, last_night), CAST(state.state_no AS VARCHAR) AS account_id
FROM {table}_span
JOIN account_number ON account_number.account_id = {table}_span.account_id
JOIN state ON state.account_no = account_number.account_no
    AND state.first_night BETWEEN {table}_span.first_night AND {table}_span.last_night"""  # noqa: S608


_ACCOUNT_NUMBER = """CREATE TABLE account_number AS
SELECT account_id, CAST(row_number() OVER (ORDER BY account_id) AS INTEGER) AS account_no
FROM (SELECT DISTINCT account_id FROM account_span)"""

_STATE = f"""CREATE TABLE state AS
WITH change AS (
    {
    " UNION ".join(
        f"SELECT account_id, {night} AS night FROM {table}_span"
        for table in MONEY
        for night in ("first_night", "last_night + 1")
    )
}
),
begun AS (
    SELECT
        membership.account_no,
        membership.night,
        change.night IS NOT NULL
            OR lag(membership.night) OVER by_night IS DISTINCT FROM membership.night - 1 AS is_first
    FROM membership
    JOIN account_number ON account_number.account_no = membership.account_no
    LEFT JOIN change ON change.account_id = account_number.account_id AND change.night = membership.night
    WINDOW by_night AS (PARTITION BY membership.account_no ORDER BY membership.night)
),
piece AS (
    SELECT account_no, night, count(*) FILTER (WHERE is_first) OVER (PARTITION BY account_no ORDER BY night) AS piece_no
    FROM begun
)
SELECT
    account_no,
    min(night) AS first_night,
    (CAST(account_no AS BIGINT) * {_ROOM} + min(night)) * {_ROOM} + max(night) AS state_no
FROM piece
GROUP BY account_no, piece_no"""  # noqa: S608
"""The nights of an account in pieces: one begins with the account, after a gap, and where something of it changes."""

_COHORT = """CREATE TABLE cohort AS
SELECT state_no AS account_no, CAST(state_no AS VARCHAR) AS account_id
FROM state"""
