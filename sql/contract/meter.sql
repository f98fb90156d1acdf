-- grain: one row per meter at an account and version; its removal is a version with `removed_on`. The register turns over at
--        10 ^ `register_digits` units, each of `register_unit_wh` (1,000 x the ratio of transformers; left out: 1,000)
-- key:   account_id, meter_id
-- event: installed_on
-- slot:  account_id
-- references: account_id account
-- optional: removed_on, register_digits, register_unit_wh, start_register_wh, end_register_wh
-- ahead: installed_on
-- open_ended: removed_on
SELECT
    account_id,
    meter_id,
    TRY_CAST(installed_on AS DATE) AS installed_on,
    TRY_CAST(removed_on AS DATE) AS removed_on,
    TRY_CAST(register_digits AS INTEGER) AS register_digits,
    TRY_CAST(register_unit_wh AS BIGINT) AS register_unit_wh,
    TRY_CAST(start_register_wh AS BIGINT) AS start_register_wh,
    TRY_CAST(end_register_wh AS BIGINT) AS end_register_wh,
    recorded_at,
    CASE
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN meter_id IS NULL THEN 'meter_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN TRY_CAST(installed_on AS DATE) IS NULL THEN 'installed_on.not_a_date'
        WHEN removed_on IS NOT NULL AND TRY_CAST(removed_on AS DATE) IS NULL THEN 'removed_on.not_a_date'
        WHEN TRY_CAST(removed_on AS DATE) < TRY_CAST(installed_on AS DATE) THEN 'removed_on.before_installation'
        WHEN register_digits IS NOT NULL AND TRY_CAST(register_digits AS INTEGER) IS NULL THEN 'register_digits.not_a_number'
        WHEN TRY_CAST(register_digits AS INTEGER) NOT BETWEEN 3 AND 12 THEN 'register_digits.out_of_range'
        WHEN register_unit_wh IS NOT NULL AND TRY_CAST(register_unit_wh AS BIGINT) IS NULL THEN 'register_unit_wh.not_a_number'
        WHEN TRY_CAST(register_unit_wh AS BIGINT) < 1
            OR power(10, coalesce(TRY_CAST(register_digits AS INTEGER), 6)) * TRY_CAST(register_unit_wh AS BIGINT) > 1e18
            THEN 'register_unit_wh.out_of_range'
        WHEN start_register_wh IS NOT NULL AND TRY_CAST(start_register_wh AS BIGINT) IS NULL THEN 'start_register_wh.not_a_number'
        WHEN TRY_CAST(start_register_wh AS BIGINT) <> TRY_CAST(start_register_wh AS DECIMAL(24, 6)) THEN 'start_register_wh.not_whole'
        WHEN TRY_CAST(start_register_wh AS BIGINT) < 0 THEN 'start_register_wh.negative'
        WHEN end_register_wh IS NOT NULL AND TRY_CAST(end_register_wh AS BIGINT) IS NULL THEN 'end_register_wh.not_a_number'
        WHEN TRY_CAST(end_register_wh AS BIGINT) <> TRY_CAST(end_register_wh AS DECIMAL(24, 6)) THEN 'end_register_wh.not_whole'
        WHEN TRY_CAST(end_register_wh AS BIGINT) < 0 THEN 'end_register_wh.negative'
    END AS broken_rule
FROM staged
