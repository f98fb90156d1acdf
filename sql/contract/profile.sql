-- grain: one row per meter, interval and version: the use of the interval that begins at `starts_at`
-- key:   account_id, meter_id, starts_at
-- event: read_on
-- slot:  account_id
-- instants: starts_at
-- references: account_id account
SELECT
    account_id,
    meter_id,
    starts_at,
    TRY_CAST(read_on AS DATE) AS read_on,
    TRY_CAST(interval_minutes AS INTEGER) AS interval_minutes,
    TRY_CAST(energy_wh AS BIGINT) AS energy_wh,
    quality,
    recorded_at,
    CASE
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN meter_id IS NULL THEN 'meter_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN starts_at IS NULL THEN 'starts_at.not_an_instant'
        WHEN TRY_CAST(read_on AS DATE) IS NULL THEN 'read_on.not_a_date'
        WHEN TRY_CAST(interval_minutes AS INTEGER) IS NULL THEN 'interval_minutes.not_a_number'
        WHEN TRY_CAST(interval_minutes AS INTEGER) NOT IN (5, 10, 15, 20, 30, 60) THEN 'interval_minutes.unknown'
        WHEN quality IS NULL OR quality NOT IN ('measured', 'estimated', 'missing') THEN 'quality.unknown'
        WHEN energy_wh IS NOT NULL AND TRY_CAST(energy_wh AS BIGINT) IS NULL THEN 'energy_wh.not_a_number'
        WHEN TRY_CAST(energy_wh AS BIGINT) <> TRY_CAST(energy_wh AS DECIMAL(24, 6)) THEN 'energy_wh.not_whole'
        WHEN TRY_CAST(energy_wh AS BIGINT) < 0 THEN 'energy_wh.negative'
        WHEN energy_wh IS NULL AND quality <> 'missing' THEN 'energy_wh.missing'
        WHEN energy_wh IS NOT NULL AND quality = 'missing' THEN 'energy_wh.present_though_missing'
    END AS broken_rule
FROM staged
