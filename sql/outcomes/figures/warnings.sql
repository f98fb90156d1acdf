-- grain:  one row per month (of the warning; missing: all of them), dimension and part of it
-- inputs: outcome (judged nights from :first_on to the one before :until_on)
-- rule:   precision = came true / warned. An account counts once a month: by the first night on which it was warned of and, for
--         capacity, by the first on which it stood among the warnings that staff of its district could work. It came true
--         when the account fell into arrears within the horizon of that night.
WITH night AS (
    SELECT *, CAST(date_trunc('month', as_of) AS DATE) AS month
    FROM outcome
    WHERE level IS NOT NULL
      AND is_arrears IS NOT NULL
      AND as_of >= CAST(:first_on AS DATE)
      AND as_of < CAST(:until_on AS DATE)
),
first_warned AS (
    SELECT * EXCLUDE (place)
    FROM (SELECT *, row_number() OVER (PARTITION BY account_id, month ORDER BY as_of) AS place FROM night)
    WHERE place = 1
),
first_worked AS (
    SELECT * EXCLUDE (place)
    FROM (
        SELECT *, row_number() OVER (PARTITION BY account_id, month ORDER BY as_of) AS place
        FROM night
        WHERE is_within_capacity
    )
    WHERE place = 1
),
told AS (
    SELECT *, FALSE AS is_worked FROM first_warned
    UNION ALL
    SELECT *, TRUE AS is_worked FROM first_worked
)
SELECT
    month,
    CASE
        WHEN grouping(segment) = 0 THEN 'segment'
        WHEN grouping(district) = 0 THEN 'district'
        WHEN grouping(voltage_class) = 0 THEN 'voltage_class'
        WHEN grouping(tariff) = 0 THEN 'tariff'
        WHEN grouping(level) = 0 THEN 'level'
        ELSE 'all'
    END AS dimension,
    CASE
        WHEN grouping(segment) = 0 THEN segment
        WHEN grouping(district) = 0 THEN district
        WHEN grouping(voltage_class) = 0 THEN voltage_class
        WHEN grouping(tariff) = 0 THEN tariff
        WHEN grouping(level) = 0 THEN level
    END AS part,
    count(*) FILTER (WHERE NOT is_worked) AS warned,
    count(*) FILTER (WHERE NOT is_worked AND is_arrears) AS came_true,
    CAST(coalesce(sum(arrears_amount) FILTER (WHERE NOT is_worked), 0) AS DECIMAL(18, 2)) AS came_true_amount,
    CAST(coalesce(sum(expected_loss_amount) FILTER (WHERE NOT is_worked), 0) AS DECIMAL(18, 2)) AS expected_loss_amount,
    count(*) FILTER (WHERE is_worked) AS within_capacity,
    count(*) FILTER (WHERE is_worked AND is_arrears) AS within_capacity_came_true,
    CAST(coalesce(sum(arrears_amount) FILTER (WHERE is_worked), 0) AS DECIMAL(18, 2)) AS within_capacity_came_true_amount,
    CAST(count(*) FILTER (WHERE NOT is_worked AND is_arrears) AS DOUBLE) / nullif(count(*) FILTER (WHERE NOT is_worked), 0)
        AS precision_share,
    CAST(count(*) FILTER (WHERE is_worked AND is_arrears) AS DOUBLE) / nullif(count(*) FILTER (WHERE is_worked), 0)
        AS precision_at_capacity_share
FROM told
GROUP BY GROUPING SETS ((month), ()), GROUPING SETS ((), (segment), (district), (voltage_class), (tariff), (level))
HAVING count(*) > 0
ORDER BY month NULLS LAST, dimension, part NULLS LAST
