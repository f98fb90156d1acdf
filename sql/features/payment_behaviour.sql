-- grain:  one row per account with a bill that fell due in the last 12 months
-- inputs: allocation
-- rule:   a bill is paid in time when the payment that settles it was made by its due date; one that is not settled is
--         late up to as-of. Bills in dispute do not count. The late streak is the number of latest due bills in a row that
--         were not paid in time (over the whole history). A bill over nothing is paid. Lateness in money: each piece weighs its cents.
WITH due AS (
    SELECT
        account_id,
        bill_no,
        is_bill_end,
        cents,
        due_on,
        cents = 0 OR (paid_on IS NOT NULL AND paid_on <= due_on) AS is_in_time,
        CASE WHEN cents = 0 THEN 0 ELSE greatest(coalesce(paid_on, CAST(:as_of AS DATE)) - due_on, 0) END AS days_late,
        due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH AS is_recent
    FROM allocation
    WHERE bill_no IS NOT NULL
      AND due_on < CAST(:as_of AS DATE)
      AND NOT is_disputed
),
judged AS (
    SELECT
        *,
        max(CASE WHEN is_bill_end AND is_in_time THEN bill_no ELSE 0 END) OVER (PARTITION BY account_id)
            AS last_bill_no_in_time
    FROM due
),
summed AS (
    SELECT
        account_id,
        count(*) FILTER (WHERE is_bill_end AND is_recent) AS bills,
        count(*) FILTER (WHERE is_bill_end AND is_recent AND is_in_time) AS bills_in_time,
        coalesce(sum(cents) FILTER (WHERE is_recent), 0) AS cents,
        coalesce(sum(cents) FILTER (WHERE is_recent AND is_in_time), 0) AS cents_in_time,
        coalesce(sum(cents * days_late) FILTER (WHERE is_recent), 0) AS cent_days_late,
        max(days_late) FILTER (WHERE is_bill_end AND is_recent) AS longest_late_days,
        count(*) FILTER (WHERE is_bill_end AND is_recent AND days_late >= 15) AS bills_15_days_late,
        count(*) FILTER (WHERE is_bill_end AND bill_no > last_bill_no_in_time) AS late_streak_bills
    FROM judged
    GROUP BY account_id
)
SELECT
    account_id,
    CAST(bills_in_time AS DOUBLE) / nullif(bills, 0) AS on_time_bill_share,
    CAST(cents_in_time AS DOUBLE) / nullif(cents, 0) AS on_time_amount_share,
    CAST(cent_days_late AS DOUBLE) / nullif(cents, 0) AS mean_late_days,
    longest_late_days,
    bills_15_days_late,
    late_streak_bills
FROM summed
WHERE bills > 0
