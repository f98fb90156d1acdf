-- grain:  one row per open account with a profile in the last 30 days
-- inputs: cohort, profile_known
-- rule:   mean power over the greatest of any interval; the meters of an account add up interval by interval, and only intervals
--         with a value count.
WITH interval_use AS (
    SELECT account_id, starts_at, sum(energy_wh) AS wh, max(interval_minutes) AS minutes
    FROM profile_known
    WHERE read_on >= CAST(:as_of AS DATE) - 30 AND energy_wh IS NOT NULL
    GROUP BY account_id, starts_at
),
summed AS (
    SELECT account_id, sum(wh) AS wh, sum(minutes) AS minutes, max(wh * (60 // minutes)) AS greatest_w
    FROM interval_use
    GROUP BY account_id
)
SELECT cohort.account_no, CAST(summed.wh * 60 AS DOUBLE) / nullif(summed.minutes * summed.greatest_w, 0) AS load_factor_30d
FROM summed
JOIN cohort ON cohort.account_id = summed.account_id
