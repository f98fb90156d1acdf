-- grain:  one row per account with a reading in the last 90 days
-- inputs: account_number, daily_use, reading_taken
-- rule:   mean daily use of the last 30 days against that of the 60 days before, over days of which all is known, if by an
--         estimate; days without use among them, and days of which not all is known. Of an account that has no
--         `daily_use`, the readings are the use.
WITH used AS (
    SELECT account_no, used_on, energy_wh, is_complete
    FROM daily_use
    UNION ALL
    SELECT account_no, read_on, energy_wh, energy_wh IS NOT NULL
    FROM reading_taken
    WHERE register_wh IS NULL
      AND read_on >= CAST(:as_of AS DATE) - 90
      AND NOT EXISTS (SELECT 1 FROM daily_use WHERE daily_use.account_no = reading_taken.account_no)
),
summed AS (
    SELECT
        account_no,
        sum(energy_wh) FILTER (WHERE is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS wh_30d,
        count(*) FILTER (WHERE is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS days_30d,
        sum(energy_wh) FILTER (WHERE is_complete AND used_on < CAST(:as_of AS DATE) - 30) AS wh_60d_before,
        count(*) FILTER (WHERE is_complete AND used_on < CAST(:as_of AS DATE) - 30) AS days_60d_before,
        count(*) FILTER (WHERE is_complete AND energy_wh = 0 AND used_on >= CAST(:as_of AS DATE) - 30) AS zero_days,
        count(*) FILTER (WHERE NOT is_complete AND used_on >= CAST(:as_of AS DATE) - 30) AS missing_days
    FROM used
    GROUP BY account_no
)
SELECT
    account_number.account_id,
    CAST(summed.wh_30d * summed.days_60d_before AS DOUBLE) / nullif(summed.wh_60d_before * summed.days_30d, 0)
        AS recent_use_ratio,
    summed.zero_days AS zero_reading_days,
    summed.missing_days AS missing_reading_days
FROM summed
JOIN account_number ON account_number.account_no = summed.account_no
