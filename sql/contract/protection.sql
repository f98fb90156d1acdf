-- grain: one row per reason why an account is protected, and version; it bars what hurts and never raises risk
-- key:   protection_id
-- event: valid_from_on
-- slot:  account_id
-- references: account_id account
-- optional: valid_until_on
-- ahead: valid_from_on
-- open_ended: valid_until_on
SELECT
    protection_id,
    account_id,
    kind,
    TRY_CAST(valid_from_on AS DATE) AS valid_from_on,
    TRY_CAST(valid_until_on AS DATE) AS valid_until_on,
    recorded_at,
    CASE
        WHEN protection_id IS NULL THEN 'protection_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('medical', 'elderly', 'young_children', 'low_income', 'other_vulnerable', 'important_user', 'high_risk_user', 'continuous_process') THEN 'kind.unknown'
        WHEN TRY_CAST(valid_from_on AS DATE) IS NULL THEN 'valid_from_on.not_a_date'
        WHEN valid_until_on IS NOT NULL AND TRY_CAST(valid_until_on AS DATE) IS NULL THEN 'valid_until_on.not_a_date'
        WHEN TRY_CAST(valid_until_on AS DATE) < TRY_CAST(valid_from_on AS DATE) THEN 'valid_until_on.before_start'
    END AS broken_rule
FROM staged
