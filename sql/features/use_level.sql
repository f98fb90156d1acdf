-- grain:  one row per account with a bill whose period ended in one of the 12 whole months before as-of's
-- inputs: use_month
-- rule:   the last month that was billed, against the mean of those billed in the 12 before it and against the same month a year
--         before. A sharp fall: less than half that mean; a bill shock: at least twice it. Volatility is the standard deviation
--         over the mean, slope the straight line's rise in a month over the mean, both over the last 12 months, three of which
--         must be there; kWh are rounded to whole ones for it.
WITH last_month AS (
    SELECT account_no, min(months_ago) AS months_ago
    FROM use_month
    GROUP BY account_no
    HAVING min(months_ago) <= 12
),
placed AS (
    SELECT
        use_month.account_no,
        use_month.months_ago AS x,
        use_month.months_ago - last_month.months_ago AS months_before,
        use_month.cents,
        use_month.wh,
        CAST(use_month.wh * 0.001 AS BIGINT) AS kwh
    FROM use_month
    JOIN last_month ON last_month.account_no = use_month.account_no
),
summed AS (
    SELECT
        account_no,
        sum(cents) FILTER (WHERE months_before = 0) AS last_cents,
        sum(wh) FILTER (WHERE months_before = 0) AS last_wh,
        sum(cents) FILTER (WHERE months_before BETWEEN 1 AND 12) AS before_cents,
        count(cents) FILTER (WHERE months_before BETWEEN 1 AND 12) AS before_bills,
        sum(wh) FILTER (WHERE months_before BETWEEN 1 AND 12) AS before_wh,
        count(wh) FILTER (WHERE months_before BETWEEN 1 AND 12) AS before_uses,
        sum(cents) FILTER (WHERE months_before = 12) AS year_ago_cents,
        sum(wh) FILTER (WHERE months_before = 12) AS year_ago_wh,
        count(cents) FILTER (WHERE x <= 12) AS n,
        sum(x) FILTER (WHERE x <= 12) AS x,
        sum(x * x) FILTER (WHERE x <= 12) AS xx,
        sum(cents) FILTER (WHERE x <= 12) AS y,
        sum(x * cents) FILTER (WHERE x <= 12) AS xy,
        sum(CAST(cents AS HUGEINT) * cents) FILTER (WHERE x <= 12) AS yy,
        count(kwh) FILTER (WHERE x <= 12) AS use_n,
        sum(CASE WHEN kwh IS NOT NULL THEN x END) FILTER (WHERE x <= 12) AS use_x,
        sum(CASE WHEN kwh IS NOT NULL THEN x * x END) FILTER (WHERE x <= 12) AS use_xx,
        sum(kwh) FILTER (WHERE x <= 12) AS use_y,
        sum(x * kwh) FILTER (WHERE x <= 12) AS use_xy,
        sum(CAST(kwh AS HUGEINT) * kwh) FILTER (WHERE x <= 12) AS use_yy,
        count(wh) FILTER (WHERE x <= 12 AND wh = 0) AS zero_use_months_12m
    FROM placed
    GROUP BY account_no
)
SELECT
    account_no,
    last_cents AS last_month_billed_cents,
    last_wh AS last_month_wh,
    CAST(last_cents * before_bills AS DOUBLE) / nullif(before_cents, 0) AS last_month_bill_ratio,
    CAST(last_wh * before_uses AS DOUBLE) / nullif(before_wh, 0) AS last_month_use_ratio,
    CAST(last_cents AS DOUBLE) / nullif(year_ago_cents, 0) AS last_month_bill_on_year_ratio,
    CAST(last_wh AS DOUBLE) / nullif(year_ago_wh, 0) AS last_month_use_on_year_ratio,
    2 * last_wh * before_uses < before_wh AS has_sharp_fall,
    before_cents > 0 AND last_cents * before_bills >= 2 * before_cents AS has_bill_shock,
    CASE WHEN n >= 3 THEN sqrt(CAST(n * yy - y * y AS DOUBLE)) / nullif(y, 0) END AS bill_volatility_12m,
    CASE WHEN use_n >= 3 THEN sqrt(CAST(use_n * use_yy - use_y * use_y AS DOUBLE)) / nullif(use_y, 0) END
        AS use_volatility_12m,
    CASE WHEN n >= 3 THEN CAST(n * (x * y - n * xy) AS DOUBLE) / nullif((n * xx - x * x) * y, 0) END AS bill_slope_12m,
    CASE WHEN use_n >= 3
        THEN CAST(use_n * (use_x * use_y - use_n * use_xy) AS DOUBLE) / nullif((use_n * use_xx - use_x * use_x) * use_y, 0)
    END AS use_slope_12m,
    zero_use_months_12m
FROM summed
