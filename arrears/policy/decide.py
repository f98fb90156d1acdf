"""The signals stage: what the score and the policy say tonight of each open account, with no memory of other nights."""

from collections.abc import Callable
from decimal import Decimal

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake.buckets import passes, write
from arrears.lake.lake import Lake
from arrears.lake.partition import Partition, Writer
from arrears.policy import customers, hold_out
from arrears.policy.axes import AXES, LEVEL, TERM_COLUMNS
from arrears.policy.files import Said
from arrears.policy.looked_at import looked_at, stance_lines
from arrears.policy.rules import Policy
from arrears.policy.settling import decided_steps
from arrears.settings import Settings

AT_ONCE = 250_000
"""Accounts that are decided in one pass: few columns are read of each, and to plan a pass costs as much as to decide these."""

CUSTOMERS = "customers"
"""The partition beside `signals` that holds one row for each customer, in one file."""


def run_signals(
    run: Run, settings: Settings, lake: Lake, policy: Policy, progress: Callable[[str, float], None]
) -> Receipt:
    """Write `signals`, one file for each bucket, and `customers`. Rows in = rows out; open debt in = open debt out.

    Customers and ceilings are worked out of all accounts first; then a few buckets at a time are decided."""
    features, scores = lake.stage("features", run), lake.stage("scores", run)
    writer = lake.writer("signals", run)
    rows, money_in, money_out = 0, ZERO, ZERO
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        progress("customers and ceilings", 0.0)
        _read(con, features, scores, "".join(BUCKETS))
        prepare(con, policy)
        over = _over_ceiling(con)
        # Customers without signals are what a process left that died before its commit: nobody read them.
        beside = Writer(lake.stage_folder(CUSTOMERS, run), again=True)
        beside.write("customers.parquet", con.sql("SELECT * FROM customer ORDER BY customer_id").to_arrow_table())
        sql, values = signals_sql(policy), values_bound(policy)
        parts = passes(features.manifest["rows"], AT_ONCE)
        for done, buckets in enumerate(parts):
            progress(f"signals, part {done + 1} of {len(parts)}", (done + 1) / (len(parts) + 1))
            _read(con, features, scores, buckets)
            engine.execute(con, sql, values, prefix="CREATE OR REPLACE TEMP TABLE signals AS\n")
            money_in += engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM features")[0]
            money_out += engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM signals")[0]
            rows += write(con, "signals", writer, buckets)
    finally:
        con.close()
    if rows != features.manifest["rows"] or money_in != money_out:
        raise BalanceError(
            f"{run.source}: {features.manifest['rows']} accounts owe {money_in}, {rows} signals speak of {money_out}"
        )
    receipt = Receipt(
        "signals",
        run.run_key,
        rows_in=rows,
        rows_out=rows,
        money_in=money_in,
        money_out=money_out,
        remarks=tuple(
            f"ceiling: {segment} in {district} owe {owed}; their ceiling of {most} is reached"
            for segment, district, owed, most in over
        ),
    )
    beside.commit({"run": run.to_json()})
    kept = {"reasons": reasons(policy), "looked_at": looked_at(policy), "stance": stance_lines(policy)}
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), **kept})
    return receipt


def prepare(con: engine.Connection, policy: Policy) -> None:
    """Make what `signals_sql` reads beside the views `features` and `scores`: the temporary tables `customer` and
    `ceiling`. The two views must be of all accounts here; later they may be of a few of them."""
    customers.make_tables(con, policy, values_bound(policy))


def values_bound(policy: Policy) -> dict[str, object]:
    """What `signals_sql` binds."""
    values = policy.values
    return {
        "as_of": policy.as_of,
        "collection_amount": values.collection_amount.value,
        "days_to_lawful_stop": values.days_to_lawful_stop.value,
        "share_lost": values.share_lost.value,
        "hold_out_block": hold_out.block(policy.as_of, values.horizon_days.value),
        "hold_out_below": hold_out.below(values.hold_out_share.value),
    }


def signals_sql(policy: Policy) -> str:
    """The SELECT over `features`, `scores`, `customer` and `ceiling` that decides; its values are bound by name. In the
    order of account ids."""
    axes = ", ".join(f"{axis}, {axis}_rule" for axis in (LEVEL, *AXES))
    return f"""WITH {decided_steps(policy)}
SELECT
    account_id, customer_id, slot, segment, district, voltage_class, tariff, grade, points_grade, veto, points, probability,
    exposure_amount, expected_loss_amount, open_amount, overdue_amount, oldest_days_past_due, is_in_collection,
    next_due_on, next_due_amount, customer_grade, customer_exposure_amount, customer_limit_amount, is_over_limit,
    is_over_ceiling, stance, stance_points, is_in_trial, is_held_out,
    {axes},
    {", ".join(TERM_COLUMNS)}, withheld_treatment,
    reason_1, reason_2, reason_3, reason_4
FROM decided ORDER BY account_id"""


def _read(con: engine.Connection, features: Partition, scores: Partition, buckets: str) -> None:
    for name, found in (("features", features), ("scores", scores)):
        files = [str(found.files[BUCKETS.index(bucket)]) for bucket in buckets]
        con.read_parquet(files, hive_partitioning=False).create_view(name, replace=True)


def _over_ceiling(con: engine.Connection) -> list[tuple[str, str, Decimal, Decimal]]:
    rows: list[tuple[str, str, Decimal, Decimal]] = con.execute(
        "SELECT segment, district, open_amount, ceiling_amount FROM ceiling WHERE is_over_ceiling ORDER BY segment, district"
    ).fetchall()
    return rows


def reasons(policy: Policy) -> dict[str, dict[str, dict[str, str]]]:
    """The reason of each veto, line of the stance and rule, by its id, in both languages."""
    said: dict[str, tuple[Said, ...]] = {
        "veto": policy.vetoes,
        "stance": tuple(policy.stance.points),
        **policy.axes,
    }
    words = {what: {line.id: {"zh": line.zh, "en": line.en} for line in lines} for what, lines in said.items()}
    for axis in hold_out.UNTREATED:
        words[axis] |= hold_out.WORDS
    return words
