-- grain: one row per incident and version; an overturned incident is a version with status 'overturned'
-- key:   incident_id
-- event: confirmed_on
-- slot:  account_id
-- references: account_id account
-- optional: recovered_wh, recovery_amount
SELECT
    incident_id,
    account_id,
    kind,
    TRY_CAST(confirmed_on AS DATE) AS confirmed_on,
    status,
    TRY_CAST(recovered_wh AS BIGINT) AS recovered_wh,
    TRY_CAST(recovery_amount AS DECIMAL(18, 2)) AS recovery_amount,
    recorded_at,
    CASE
        WHEN incident_id IS NULL THEN 'incident_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('theft', 'tampering', 'unauthorised_use', 'breach') THEN 'kind.unknown'
        WHEN TRY_CAST(confirmed_on AS DATE) IS NULL THEN 'confirmed_on.not_a_date'
        WHEN status IS NULL OR status NOT IN ('confirmed', 'overturned') THEN 'status.unknown'
        WHEN recovered_wh IS NOT NULL AND TRY_CAST(recovered_wh AS BIGINT) IS NULL THEN 'recovered_wh.not_a_number'
        WHEN TRY_CAST(recovered_wh AS BIGINT) <> TRY_CAST(recovered_wh AS DECIMAL(24, 6)) THEN 'recovered_wh.not_whole'
        WHEN TRY_CAST(recovered_wh AS BIGINT) < 0 THEN 'recovered_wh.negative'
        WHEN recovery_amount IS NOT NULL AND TRY_CAST(recovery_amount AS DECIMAL(38, 8)) IS NULL THEN 'recovery_amount.not_a_number'
        WHEN recovery_amount IS NOT NULL AND TRY_CAST(recovery_amount AS DECIMAL(18, 2)) IS NULL THEN 'recovery_amount.too_large'
        WHEN TRY_CAST(recovery_amount AS DECIMAL(18, 2)) < 0 THEN 'recovery_amount.negative'
        WHEN TRY_CAST(recovery_amount AS DECIMAL(18, 2)) <> TRY_CAST(recovery_amount AS DECIMAL(38, 8)) THEN 'recovery_amount.finer_than_a_cent'
    END AS broken_rule
FROM staged
