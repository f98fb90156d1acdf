-- grain:  one row per account with a bill that fell due in the last 24 months
-- inputs: bill_outcome
-- rule:   bill by bill, over the bills that fell due in 3, 6, 12 and 24 months; those in dispute do not count. The trend is the
--         slope of the straight line through days late over due dates, in days late more (or fewer) a month of 30 days.
WITH banded AS (
    SELECT
        account_no,
        CASE
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH THEN 3
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH THEN 6
            WHEN due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH THEN 12
            ELSE 24
        END AS months,
        CAST(:as_of AS DATE) - due_on AS x,
        days_late
    FROM bill_outcome
    WHERE NOT is_disputed AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
),
summed AS (
    SELECT
        account_no,
        months,
        count(*) AS bills,
        count(*) FILTER (WHERE days_late = 0) AS in_time,
        count(*) FILTER (WHERE days_late >= 15) AS late_15,
        count(*) FILTER (WHERE days_late >= 30) AS late_30,
        count(*) FILTER (WHERE days_late >= 60) AS late_60,
        max(days_late) AS longest,
        sum(days_late) AS y,
        sum(x) AS x,
        sum(x * days_late) AS xy,
        sum(x * x) AS xx
    FROM banded
    GROUP BY account_no, months
)
SELECT
    account_no,
    CAST(sum(in_time) FILTER (WHERE months <= 3) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 3)
        AS on_time_bill_share_3m,
    CAST(sum(in_time) FILTER (WHERE months <= 6) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 6)
        AS on_time_bill_share_6m,
    CAST(sum(in_time) FILTER (WHERE months <= 12) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 12)
        AS on_time_bill_share_12m,
    CAST(sum(in_time) FILTER (WHERE months <= 24) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 24)
        AS on_time_bill_share_24m,
    CAST(sum(y) FILTER (WHERE months <= 3) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 3)
        AS mean_bill_late_days_3m,
    CAST(sum(y) FILTER (WHERE months <= 6) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 6)
        AS mean_bill_late_days_6m,
    CAST(sum(y) FILTER (WHERE months <= 12) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 12)
        AS mean_bill_late_days_12m,
    CAST(sum(y) FILTER (WHERE months <= 24) AS DOUBLE) / sum(bills) FILTER (WHERE months <= 24)
        AS mean_bill_late_days_24m,
    max(longest) FILTER (WHERE months <= 3) AS longest_late_days_3m,
    max(longest) FILTER (WHERE months <= 6) AS longest_late_days_6m,
    max(longest) FILTER (WHERE months <= 12) AS longest_late_days_12m,
    max(longest) FILTER (WHERE months <= 24) AS longest_late_days_24m,
    sum(late_15) FILTER (WHERE months <= 3) AS bills_15_days_late_3m,
    sum(late_15) FILTER (WHERE months <= 6) AS bills_15_days_late_6m,
    sum(late_15) FILTER (WHERE months <= 12) AS bills_15_days_late_12m,
    sum(late_15) FILTER (WHERE months <= 24) AS bills_15_days_late_24m,
    sum(late_30) FILTER (WHERE months <= 3) AS bills_30_days_late_3m,
    sum(late_30) FILTER (WHERE months <= 6) AS bills_30_days_late_6m,
    sum(late_30) FILTER (WHERE months <= 12) AS bills_30_days_late_12m,
    sum(late_30) FILTER (WHERE months <= 24) AS bills_30_days_late_24m,
    sum(late_60) FILTER (WHERE months <= 3) AS bills_60_days_late_3m,
    sum(late_60) FILTER (WHERE months <= 6) AS bills_60_days_late_6m,
    sum(late_60) FILTER (WHERE months <= 12) AS bills_60_days_late_12m,
    sum(late_60) FILTER (WHERE months <= 24) AS bills_60_days_late_24m,
    CAST(
        30 * (
            sum(x) FILTER (WHERE months <= 12) * sum(y) FILTER (WHERE months <= 12)
            - sum(bills) FILTER (WHERE months <= 12) * sum(xy) FILTER (WHERE months <= 12)
        ) AS DOUBLE
    ) / nullif(
        sum(bills) FILTER (WHERE months <= 12) * sum(xx) FILTER (WHERE months <= 12)
        - sum(x) FILTER (WHERE months <= 12) * sum(x) FILTER (WHERE months <= 12),
        0
    ) AS late_trend_12m,
    CAST(30 * (sum(x) * sum(y) - sum(bills) * sum(xy)) AS DOUBLE) / nullif(sum(bills) * sum(xx) - sum(x) * sum(x), 0)
        AS late_trend_24m
FROM summed
GROUP BY account_no
