-- grain:  one row per account with a reading in the last 90 days
-- inputs: reading_known
-- rule:   mean daily use of the last 30 days against that of the 60 days before, over days that have a reading
WITH summed AS (
    SELECT
        account_id,
        sum(energy_wh) FILTER (WHERE read_on >= CAST(:as_of AS DATE) - 30) AS wh_30d,
        count(energy_wh) FILTER (WHERE read_on >= CAST(:as_of AS DATE) - 30) AS days_30d,
        sum(energy_wh) FILTER (WHERE read_on < CAST(:as_of AS DATE) - 30) AS wh_60d_before,
        count(energy_wh) FILTER (WHERE read_on < CAST(:as_of AS DATE) - 30) AS days_60d_before,
        count(*) FILTER (WHERE read_on >= CAST(:as_of AS DATE) - 30 AND energy_wh = 0) AS zero_days,
        count(*) FILTER (WHERE read_on >= CAST(:as_of AS DATE) - 30 AND quality = 'missing') AS missing_days
    FROM reading_known
    WHERE read_on >= CAST(:as_of AS DATE) - 90
    GROUP BY account_id
)
SELECT
    account_id,
    CAST(wh_30d * days_60d_before AS DOUBLE) / nullif(wh_60d_before * days_30d, 0) AS recent_use_ratio,
    zero_days AS zero_reading_days,
    missing_days AS missing_reading_days
FROM summed
