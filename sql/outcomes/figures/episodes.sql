-- grain:  one row per month (in which the warning was raised; missing: all of them), dimension and part, and how it ended
-- inputs: episode (of one timeline), outcome (the judged nights, for what an account is)
-- rule:   `open` has not ended. An account whose night of raising was not judged yet is of no known part.
WITH told AS (
    SELECT
        CAST(date_trunc('month', episode.raised_on) AS DATE) AS month,
        coalesce(episode.outcome, 'open') AS ended,
        episode.level,
        outcome.segment,
        outcome.district,
        outcome.voltage_class,
        outcome.tariff,
        episode.resolved_on - episode.raised_on AS days
    FROM episode
    LEFT JOIN outcome ON outcome.account_id = episode.account_id AND outcome.as_of = episode.raised_on
    WHERE episode.raised_on >= CAST(:first_on AS DATE) AND episode.raised_on < CAST(:until_on AS DATE)
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
    ended,
    count(*) AS episodes,
    quantile_disc(days, 0.5) AS median_days
FROM told
GROUP BY ended, GROUPING SETS ((month), ()), GROUPING SETS ((), (segment), (district), (voltage_class), (tariff), (level))
ORDER BY month NULLS LAST, dimension, part NULLS LAST, ended
