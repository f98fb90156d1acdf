-- grain:  one row per month (of the fall into arrears; missing: all of them), dimension and part of it
-- inputs: outcome (every judged night, from :horizon_days before :first_on on)
-- rule:   recall = warned_amount / arrears_amount. A fall into arrears is an account and the day; nights that foresaw the same
--         fall are one fall, over the most that any of them saw. It was warned of when some night, at least :least_lead_days
--         and at most :horizon_days before it, had a level for the account; lead time runs from the first such night.
WITH fall AS (
    SELECT
        account_id,
        arrears_on,
        max(arrears_amount) AS amount,
        arg_max(segment, as_of) AS segment,
        arg_max(district, as_of) AS district,
        arg_max(voltage_class, as_of) AS voltage_class,
        arg_max(tariff, as_of) AS tariff
    FROM outcome
    WHERE is_arrears
      AND arrears_on >= CAST(:first_on AS DATE)
      AND arrears_on < CAST(:until_on AS DATE)
    GROUP BY account_id, arrears_on
),
warned AS (
    SELECT fall.account_id, fall.arrears_on, fall.arrears_on - min(outcome.as_of) AS lead_days
    FROM fall
    JOIN outcome
        ON outcome.account_id = fall.account_id
        AND outcome.as_of >= fall.arrears_on - CAST(:horizon_days AS INTEGER)
        AND outcome.as_of <= fall.arrears_on - CAST(:least_lead_days AS INTEGER)
    WHERE outcome.level IS NOT NULL
    GROUP BY fall.account_id, fall.arrears_on
),
told AS (
    SELECT fall.*, CAST(date_trunc('month', fall.arrears_on) AS DATE) AS month, warned.lead_days
    FROM fall
    LEFT JOIN warned ON warned.account_id = fall.account_id AND warned.arrears_on = fall.arrears_on
)
SELECT
    month,
    CASE
        WHEN grouping(segment) = 0 THEN 'segment'
        WHEN grouping(district) = 0 THEN 'district'
        WHEN grouping(voltage_class) = 0 THEN 'voltage_class'
        WHEN grouping(tariff) = 0 THEN 'tariff'
        ELSE 'all'
    END AS dimension,
    CASE
        WHEN grouping(segment) = 0 THEN segment
        WHEN grouping(district) = 0 THEN district
        WHEN grouping(voltage_class) = 0 THEN voltage_class
        WHEN grouping(tariff) = 0 THEN tariff
    END AS part,
    count(*) AS falls,
    count(lead_days) AS warned_falls,
    CAST(sum(amount) AS DECIMAL(18, 2)) AS arrears_amount,
    CAST(coalesce(sum(amount) FILTER (WHERE lead_days IS NOT NULL), 0) AS DECIMAL(18, 2)) AS warned_amount,
    CAST(coalesce(sum(amount) FILTER (WHERE lead_days < 20), 0) AS DECIMAL(18, 2)) AS warned_under_20_days_amount,
    CAST(coalesce(sum(amount) FILTER (WHERE lead_days BETWEEN 20 AND 29), 0) AS DECIMAL(18, 2)) AS warned_20_29_days_amount,
    CAST(coalesce(sum(amount) FILTER (WHERE lead_days >= 30), 0) AS DECIMAL(18, 2)) AS warned_30_days_amount,
    quantile_disc(lead_days, 0.5) AS median_lead_days,
    CAST(coalesce(sum(amount) FILTER (WHERE lead_days IS NOT NULL), 0) AS DOUBLE) / nullif(CAST(sum(amount) AS DOUBLE), 0)
        AS recall_share
FROM told
GROUP BY GROUPING SETS ((month), ()), GROUPING SETS ((), (segment), (district), (voltage_class), (tariff))
HAVING count(*) > 0
ORDER BY month NULLS LAST, dimension, part NULLS LAST
