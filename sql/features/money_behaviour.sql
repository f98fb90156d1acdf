-- grain:  one row per account with a bill that fell due in the last 24 months
-- inputs: allocation, written_off_bill, contested_bill
-- rule:   cent by cent, over the bills that fell due in 3, 6, 12 and 24 months; those in dispute do not count. Each piece is as
--         late as the payment that covers it; what is open, or was written off, is late up to as-of.
WITH piece AS (
    SELECT account_no, bill_no, due_on, cents, greatest(coalesce(paid_on, CAST(:as_of AS DATE)) - due_on, 0) AS days_late
    FROM allocation
    WHERE bill_no IS NOT NULL
    UNION ALL
    SELECT account_no, bill_no, due_on, apart_cents, CAST(:as_of AS DATE) - due_on
    FROM written_off_bill
),
banded AS (
    SELECT
        account_no,
        CASE
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH THEN 3
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH THEN 6
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH THEN 12
            ELSE 24
        END AS months,
        cents,
        days_late
    FROM piece
    WHERE due_on < CAST(:as_of AS DATE)
      AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
      AND NOT EXISTS (
          SELECT 1 FROM contested_bill
          WHERE contested_bill.account_no = piece.account_no AND contested_bill.bill_no = piece.bill_no
      )
),
summed AS (
    SELECT
        account_no,
        months,
        sum(cents) AS cents,
        sum(cents) FILTER (WHERE days_late = 0) AS in_time_cents,
        sum(cents * days_late) AS cent_days
    FROM banded
    GROUP BY account_no, months
)
SELECT
    account_no,
    CAST(coalesce(sum(in_time_cents) FILTER (WHERE months <= 3), 0) AS DOUBLE)
        / nullif(sum(cents) FILTER (WHERE months <= 3), 0) AS on_time_amount_share_3m,
    CAST(coalesce(sum(in_time_cents) FILTER (WHERE months <= 6), 0) AS DOUBLE)
        / nullif(sum(cents) FILTER (WHERE months <= 6), 0) AS on_time_amount_share_6m,
    CAST(coalesce(sum(in_time_cents) FILTER (WHERE months <= 12), 0) AS DOUBLE)
        / nullif(sum(cents) FILTER (WHERE months <= 12), 0) AS on_time_amount_share_12m,
    CAST(coalesce(sum(in_time_cents) FILTER (WHERE months <= 24), 0) AS DOUBLE)
        / nullif(sum(cents) FILTER (WHERE months <= 24), 0) AS on_time_amount_share_24m,
    CAST(sum(cent_days) FILTER (WHERE months <= 3) AS DOUBLE) / nullif(sum(cents) FILTER (WHERE months <= 3), 0)
        AS mean_late_days_3m,
    CAST(sum(cent_days) FILTER (WHERE months <= 6) AS DOUBLE) / nullif(sum(cents) FILTER (WHERE months <= 6), 0)
        AS mean_late_days_6m,
    CAST(sum(cent_days) FILTER (WHERE months <= 12) AS DOUBLE) / nullif(sum(cents) FILTER (WHERE months <= 12), 0)
        AS mean_late_days_12m,
    CAST(sum(cent_days) FILTER (WHERE months <= 24) AS DOUBLE) / nullif(sum(cents) FILTER (WHERE months <= 24), 0)
        AS mean_late_days_24m
FROM summed
GROUP BY account_no
