-- connection: ledger
-- Grain: two rows per household: the meter as the cycle began and as it ended, in litres. Assumed: read on the last day of
-- December 2023 and of January 2024, and recorded the day after. What is no number is passed on as it stands.
WITH reading AS (
    SELECT hh_id, prev_reading AS m3, DATE '2023-12-31' AS read_on, _file, _row FROM household
    UNION ALL
    SELECT hh_id, curr_reading, DATE '2024-01-31', _file, _row FROM household
)
SELECT
    hh_id AS account_id,
    hh_id AS meter_id,
    read_on,
    coalesce(CAST(CAST(TRY_CAST(m3 AS DECIMAL(18, 3)) * 1000 AS BIGINT) AS VARCHAR), m3) AS register_wh,
    NULL AS energy_wh,
    CASE WHEN nullif(trim(m3), '') IS NULL THEN 'missing' ELSE 'measured' END AS quality,
    CAST(read_on + INTERVAL 1 DAY AS VARCHAR) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM reading
WHERE read_on + INTERVAL 1 DAY >= :since AND read_on + INTERVAL 1 DAY < :until
