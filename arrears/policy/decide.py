"""The signals stage: what the score and the policy say tonight of each open account, with no memory of other nights."""

from collections.abc import Callable

from arrears.domain.identity import BUCKETS
from arrears.domain.money import ZERO
from arrears.domain.run import Receipt, Run
from arrears.engine import duckdb as engine
from arrears.errors import BalanceError
from arrears.lake.lake import Lake
from arrears.policy.rules import NO_LEVEL, Policy, Rule
from arrears.settings import Settings

AT_RISK_DAYS = 365
MIN_DAYS = 30


def run_signals(
    run: Run, settings: Settings, lake: Lake, policy: Policy, progress: Callable[[str, float], None]
) -> Receipt:
    """Write `signals`, one file for each bucket. Rows in = rows out; open debt in = open debt out."""
    features, scores = lake.stage("features", run), lake.stage("scores", run)
    writer = lake.writer("signals", run)
    rows, money_in, money_out = 0, ZERO, ZERO
    con = engine.connect(threads=settings.threads, memory=settings.memory, spill=settings.state / "spill")
    try:
        for done, bucket in enumerate(BUCKETS):
            progress(f"signals, bucket {bucket}", done / len(BUCKETS))
            for name, found in (("features", features), ("scores", scores)):
                con.read_parquet(str(found.files[done]), hive_partitioning=False).create_view(name, replace=True)
            engine.execute(
                con, signals_sql(policy), values_bound(policy), prefix="CREATE OR REPLACE TEMP TABLE signals AS\n"
            )
            money_in += engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM features")[0]
            money_out += engine.one(con, "SELECT coalesce(sum(open_amount), 0) FROM signals")[0]
            table = con.sql("SELECT * FROM signals").to_arrow_table()
            rows += table.num_rows
            writer.write(f"bucket={bucket}.parquet", table)
    finally:
        con.close()
    if rows != features.manifest["rows"] or money_in != money_out:
        raise BalanceError(
            f"{run.source}: {features.manifest['rows']} accounts owe {money_in}, {rows} signals speak of {money_out}"
        )
    receipt = Receipt("signals", run.run_key, rows_in=rows, rows_out=rows, money_in=money_in, money_out=money_out)
    words = {axis: {rule.id: {"zh": rule.zh, "en": rule.en} for rule in rules} for axis, rules in policy.axes.items()}
    writer.commit({"run": run.to_json(), "receipt": receipt.to_json(), "reasons": words})
    return receipt


def signals_sql(policy: Policy) -> str:
    """The SELECT over `features` and `scores` that decides; its values are bound by name.

    exposure = open debt + use not yet billed, and use up to the earliest lawful stop of supply, at the mean daily bill of
    the last 12 months (of the account's age, when that is less, and of 30 days at the least), rounded once, half up, less
    deposit and guarantee, and never below nothing.
    expected loss = probability x exposure x share lost given arrears."""
    return f"""WITH placed AS (
    SELECT
        features.*, scores.points, scores.grade, scores.probability,
        scores.reason_1, scores.reason_2, scores.reason_3, scores.reason_4,
        ageing_current_amount AS next_due_amount,
        overdue_15_days_amount >= :collection_amount AS is_in_collection,
        CAST(billed_amount_12m * 100 AS BIGINT) AS billed_cents,
        greatest(0, coalesce(unbilled_days, 0) + CAST(:days_to_lawful_stop AS BIGINT)) AS days_at_risk,
        least({AT_RISK_DAYS}, greatest({MIN_DAYS}, account_age_days)) AS days_billed
    FROM features
    JOIN scores ON scores.account_id = features.account_id
),
exposed AS (
    SELECT *,
        CAST(greatest(0, open_amount - security_amount
            + CAST((2 * billed_cents * days_at_risk + days_billed) // (2 * days_billed) AS DECIMAL(18, 0)) * 0.01)
            AS DECIMAL(18, 2)) AS exposure_amount
    FROM placed
),
expected AS (
    SELECT *,
        CAST(round(CAST(exposure_amount AS DECIMAL(24, 2)) * probability * CAST(:share_lost AS DECIMAL(5, 4)), 2)
            AS DECIMAL(18, 2)) AS expected_loss_amount
    FROM exposed
),
levelled AS (
    SELECT *,
        CASE WHEN is_in_collection THEN 'in-collection' ELSE {_first_match(policy.axes["level"], "id")} END AS rule,
        CASE WHEN is_in_collection THEN '{NO_LEVEL}' ELSE {_first_match(policy.axes["level"], "then")} END AS said
    FROM expected
),
warned AS (
    SELECT *, nullif(said, '{NO_LEVEL}') AS level, CASE WHEN said <> '{NO_LEVEL}' THEN rule END AS level_rule FROM levelled
)
SELECT
    account_id, customer_id, slot, district, voltage_class, tariff, grade, points, probability,
    exposure_amount, expected_loss_amount, open_amount, overdue_amount, oldest_days_past_due, is_in_collection,
    next_due_on, next_due_amount, level, level_rule,
    {_first_match(policy.axes["payment_mode"], "then")} AS payment_mode,
    {_first_match(policy.axes["payment_mode"], "id")} AS payment_mode_rule,
    {_first_match(policy.axes["treatment"], "then")} AS treatment,
    {_first_match(policy.axes["treatment"], "id")} AS treatment_rule,
    reason_1, reason_2, reason_3, reason_4
FROM warned ORDER BY account_id"""


def values_bound(policy: Policy) -> dict[str, object]:
    """What `signals_sql` binds."""
    values = policy.values
    return {
        "collection_amount": values.collection_amount.value,
        "days_to_lawful_stop": values.days_to_lawful_stop.value,
        "share_lost": values.share_lost.value,
    }


def _first_match(rules: tuple[Rule, ...], column: str) -> str:
    branches = " ".join(f"WHEN {rule.when} THEN '{getattr(rule, column)}'" for rule in rules)
    return f"CASE {branches} END"
