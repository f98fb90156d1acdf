-- grain:  one row per account with a reading in the last 90 days
-- inputs: daily_use
-- rule:   mean daily use of the last 30 days against that of the 60 days before, over days of which all is known, if by an
--         estimate; days without use among them, and days of which not all is known
WITH summed AS (
    SELECT
        account_id,
        sum(energy_wh) FILTER (WHERE is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS wh_30d,
        count(*) FILTER (WHERE is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS days_30d,
        sum(energy_wh) FILTER (WHERE is_complete AND used_on < CAST(:as_of AS DATE) - 30) AS wh_60d_before,
        count(*) FILTER (WHERE is_complete AND used_on < CAST(:as_of AS DATE) - 30) AS days_60d_before,
        count(*) FILTER (WHERE is_complete AND energy_wh = 0 AND used_on >= CAST(:as_of AS DATE) - 30) AS zero_days,
        count(*) FILTER (WHERE NOT is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS missing_days
    FROM daily_use
    GROUP BY account_id
)
SELECT
    account_id,
    CAST(wh_30d * days_60d_before AS DOUBLE) / nullif(wh_60d_before * days_30d, 0) AS recent_use_ratio,
    zero_days AS zero_reading_days,
    missing_days AS missing_reading_days
FROM summed
