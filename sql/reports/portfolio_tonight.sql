-- grain:  one row per dimension and part of it, over the open accounts of a night
-- inputs: feature and signal (what the night knows of each account, and says of it)
-- rule:   ageing is by the due date of each bill; what is in dispute stands apart and is in no bucket: open = current + days past
--         due + in dispute. DSO = open / billed in the last 12 months x 365. Warned: accounts with a level tonight.
WITH told AS (
    SELECT
        feature.segment,
        feature.district,
        feature.voltage_class,
        feature.tariff,
        feature.open_amount,
        feature.overdue_amount,
        feature.credit_amount,
        feature.disputed_amount,
        feature.ageing_current_amount,
        feature.ageing_1_30_amount,
        feature.ageing_31_60_amount,
        feature.ageing_61_90_amount,
        feature.ageing_91_180_amount,
        feature.ageing_181_360_amount,
        feature.ageing_over_360_amount,
        feature.billed_amount_12m,
        signal.level,
        signal.is_in_collection,
        CASE WHEN signal.level IS NOT NULL THEN signal.expected_loss_amount ELSE 0 END AS loss_amount
    FROM feature
    JOIN signal ON signal.account_id = feature.account_id
),
summed AS (
    SELECT
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
        count(*) AS accounts,
        count(*) FILTER (WHERE is_in_collection) AS in_collection,
        count(level) AS warned,
        count(*) FILTER (WHERE level = 'red') AS red,
        count(*) FILTER (WHERE level = 'orange') AS orange,
        count(*) FILTER (WHERE level = 'yellow') AS yellow,
        count(*) FILTER (WHERE level = 'blue') AS blue,
        CAST(coalesce(sum(loss_amount), 0) AS DECIMAL(18, 2)) AS expected_loss_amount,
        CAST(coalesce(sum(open_amount), 0) AS DECIMAL(18, 2)) AS open_amount,
        CAST(coalesce(sum(overdue_amount), 0) AS DECIMAL(18, 2)) AS overdue_amount,
        CAST(coalesce(sum(credit_amount), 0) AS DECIMAL(18, 2)) AS credit_amount,
        CAST(coalesce(sum(disputed_amount), 0) AS DECIMAL(18, 2)) AS disputed_amount,
        CAST(coalesce(sum(ageing_current_amount), 0) AS DECIMAL(18, 2)) AS current_amount,
        CAST(coalesce(sum(ageing_1_30_amount), 0) AS DECIMAL(18, 2)) AS days_1_30_amount,
        CAST(coalesce(sum(ageing_31_60_amount), 0) AS DECIMAL(18, 2)) AS days_31_60_amount,
        CAST(coalesce(sum(ageing_61_90_amount), 0) AS DECIMAL(18, 2)) AS days_61_90_amount,
        CAST(coalesce(sum(ageing_91_180_amount), 0) AS DECIMAL(18, 2)) AS days_91_180_amount,
        CAST(coalesce(sum(ageing_181_360_amount), 0) AS DECIMAL(18, 2)) AS days_181_360_amount,
        CAST(coalesce(sum(ageing_over_360_amount), 0) AS DECIMAL(18, 2)) AS days_over_360_amount,
        CAST(coalesce(sum(billed_amount_12m), 0) AS DECIMAL(18, 2)) AS billed_12m_amount
    FROM told
    GROUP BY GROUPING SETS ((), (segment), (district), (voltage_class), (tariff))
)
SELECT
    *,
    CAST(open_amount AS DOUBLE) * 365 / nullif(CAST(billed_12m_amount AS DOUBLE), 0) AS dso_days
FROM summed
ORDER BY dimension, part NULLS LAST
