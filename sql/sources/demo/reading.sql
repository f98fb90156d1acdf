-- connection: meter
-- Grain: one row per collection of a meter's read of a day: the first one, and again when a missing read comes in late.
-- A smart meter reports the day's use, an old one what its register shows, both in kWh. A value that cannot be read is
-- passed on as it stands, so that the contract sets its row aside and no other.
WITH collected AS (
    SELECT
        *,
        TRY_CAST(col_time AS TIMESTAMP) AS collected_at,
        TRY_CAST(pap_e AS DECIMAL(18, 3)) AS kwh,
        TRY_CAST(pap_r AS DECIMAL(18, 3)) AS register_kwh
    FROM meter_day
)
SELECT
    cons_no AS account_id,
    asset_no AS meter_id,
    data_date AS read_on,
    coalesce(CAST(CAST(register_kwh * 1000 AS BIGINT) AS VARCHAR), pap_r) AS register_wh,
    coalesce(CAST(CAST(kwh * 1000 AS BIGINT) AS VARCHAR), pap_e) AS energy_wh,
    CASE status WHEN '0' THEN 'measured' WHEN '1' THEN 'estimated' WHEN '2' THEN 'missing' ELSE status END AS quality,
    coalesce(CAST(collected_at AS VARCHAR), col_time) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM collected
WHERE collected_at IS NULL OR (collected_at >= :since AND collected_at < :until)
