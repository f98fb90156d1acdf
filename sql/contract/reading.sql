-- grain: one row per meter, day and version: what the register showed when the day ended, or the day's use, or both
-- key:   account_id, meter_id, read_on
-- event: read_on
-- slot:  account_id
-- references: account_id account
-- optional: register_wh
SELECT
    account_id,
    meter_id,
    TRY_CAST(read_on AS DATE) AS read_on,
    TRY_CAST(register_wh AS BIGINT) AS register_wh,
    TRY_CAST(energy_wh AS BIGINT) AS energy_wh,
    quality,
    recorded_at,
    CASE
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN meter_id IS NULL THEN 'meter_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN TRY_CAST(read_on AS DATE) IS NULL THEN 'read_on.not_a_date'
        WHEN quality IS NULL OR quality NOT IN ('measured', 'estimated', 'missing') THEN 'quality.unknown'
        WHEN register_wh IS NOT NULL AND TRY_CAST(register_wh AS BIGINT) IS NULL THEN 'register_wh.not_a_number'
        WHEN TRY_CAST(register_wh AS BIGINT) <> TRY_CAST(register_wh AS DECIMAL(24, 6)) THEN 'register_wh.not_whole'
        WHEN TRY_CAST(register_wh AS BIGINT) < 0 THEN 'register_wh.negative'
        WHEN energy_wh IS NOT NULL AND TRY_CAST(energy_wh AS BIGINT) IS NULL THEN 'energy_wh.not_a_number'
        WHEN TRY_CAST(energy_wh AS BIGINT) <> TRY_CAST(energy_wh AS DECIMAL(24, 6)) THEN 'energy_wh.not_whole'
        WHEN TRY_CAST(energy_wh AS BIGINT) < 0 THEN 'energy_wh.negative'
        WHEN energy_wh IS NULL AND register_wh IS NULL AND quality <> 'missing' THEN 'energy_wh.missing'
        WHEN (energy_wh IS NOT NULL OR register_wh IS NOT NULL) AND quality = 'missing'
            THEN 'energy_wh.present_though_missing'
    END AS broken_rule
FROM staged
