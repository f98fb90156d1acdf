-- grain:  one row per open account
-- inputs: cohort, debt, consumption, security_held
-- rule:   use not billed yet is worth the mean day of the last 12 months' bills (of the account's age, when that is less, and of
--         30 days at the least), rounded half up. Net exposure is what is open, and that use, less deposit and guarantee, and
--         never below nothing. Capacity used: mean power of those 12 months over the contracted capacity, at a power factor of 1.
WITH measured AS (
    SELECT
        cohort.account_no,
        cohort.contracted_capacity_kva,
        least(365, greatest(30, cohort.account_age_days)) AS days,
        coalesce(debt.open_cents, 0) AS open_cents,
        coalesce(security_held.security_cents, 0) AS security_cents,
        coalesce(consumption.billed_cents_12m, 0) AS billed_cents,
        greatest(coalesce(consumption.unbilled_days, 0), 0) AS unbilled_days,
        consumption.billed_wh_12m AS wh
    FROM cohort
    LEFT JOIN debt ON debt.account_no = cohort.account_no
    LEFT JOIN consumption ON consumption.account_no = cohort.account_no
    LEFT JOIN security_held ON security_held.account_no = cohort.account_no
),
valued AS (
    SELECT *, (2 * billed_cents * unbilled_days + days) // (2 * days) AS unbilled_cents
    FROM measured
)
SELECT
    account_no,
    unbilled_cents,
    greatest(open_cents + unbilled_cents - security_cents, 0) AS net_exposure_cents,
    CAST(wh AS DOUBLE) / nullif(CAST(contracted_capacity_kva AS DOUBLE) * 24000 * days, 0) AS capacity_use_share_12m
FROM valued
