-- connection: meter
-- Grain: one row per collection of an account's read of a day: the first one, and again when a missing read comes in late.
SELECT
    cons_no AS account_id,
    data_date AS read_on,
    CAST(CAST(NULLIF(pap_e, '') AS DECIMAL(18, 3)) * 1000 AS BIGINT) AS energy_wh,
    CASE status WHEN '0' THEN 'measured' WHEN '1' THEN 'estimated' WHEN '2' THEN 'missing' END AS quality,
    CAST(col_time AS TIMESTAMP) AS recorded_at
FROM meter_day
WHERE CAST(col_time AS TIMESTAMP) >= :since AND CAST(col_time AS TIMESTAMP) < :until
