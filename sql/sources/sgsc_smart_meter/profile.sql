-- connection: drop
-- A stamp is the end of its half hour (whole days that are missing end at 00:00 and go on at 00:30), in standard time all
-- year round: the hour that the clock leaves out in spring is there, and the one it repeats in autumn comes once. So
-- stamps stand ten hours before UTC, as in Brisbane, while the day that an interval belongs to is that of Sydney, of 46 or 50
-- half hours when the clock changes. Assumed: a read is recorded when its half hour ends.
WITH half_hour AS (
    SELECT
        *,
        TRY_CAST(reading_datetime AS TIMESTAMP) AT TIME ZONE 'Australia/Brisbane' AS ends_at,
        TRY_CAST(general_supply_kwh AS DECIMAL(18, 6)) AS kwh
    FROM halfhour
)
SELECT
    customer_id AS account_id,
    customer_id AS meter_id,
    coalesce(CAST(ends_at - INTERVAL 30 MINUTE AS VARCHAR), reading_datetime) AS starts_at,
    CAST((ends_at - INTERVAL 30 MINUTE) AT TIME ZONE 'Australia/Sydney' AS DATE) AS read_on,
    30 AS interval_minutes,
    coalesce(CAST(CAST(round(kwh * 1000) AS BIGINT) AS VARCHAR), general_supply_kwh) AS energy_wh,
    CASE WHEN nullif(trim(general_supply_kwh), '') IS NULL THEN 'missing' ELSE 'measured' END AS quality,
    coalesce(CAST(ends_at AS VARCHAR), reading_datetime) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM half_hour
WHERE ends_at IS NULL
   OR (ends_at AT TIME ZONE 'Australia/Sydney' >= :since AND ends_at AT TIME ZONE 'Australia/Sydney' < :until)
