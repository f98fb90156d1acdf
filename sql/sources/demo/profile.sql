-- connection: meter
-- Grain: one row per half-hour of a load curve. A line of the file has a day's 48 values in kWh, p1 from midnight on; an
-- empty one was not collected. Lines of meters out of service say nothing.
WITH collected AS (
    SELECT *, TRY_CAST(col_time AS TIMESTAMP) AS collected_at
    FROM meter_load
    WHERE status <> '3'
),
half_hour AS (
    SELECT * FROM collected UNPIVOT INCLUDE NULLS (kwh FOR slot IN (COLUMNS('^p[0-9]+$')))
)
SELECT
    cons_no AS account_id,
    asset_no AS meter_id,
    coalesce(
        CAST(TRY_CAST(data_date AS TIMESTAMP) + INTERVAL 30 MINUTE * (CAST(substr(slot, 2) AS INTEGER) - 1) AS VARCHAR),
        data_date
    ) AS starts_at,
    data_date AS read_on,
    '30' AS interval_minutes,
    coalesce(CAST(CAST(TRY_CAST(kwh AS DECIMAL(18, 3)) * 1000 AS BIGINT) AS VARCHAR), kwh) AS energy_wh,
    CASE WHEN kwh IS NULL THEN 'missing' WHEN status = '1' THEN 'estimated' ELSE 'measured' END AS quality,
    coalesce(CAST(collected_at AS VARCHAR), col_time) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM half_hour
WHERE collected_at IS NULL OR (collected_at >= :since AND collected_at < :until)
