-- grain: one row per deposit, guarantee or insurance and version
-- key:   security_id
-- event: valid_from_on
-- slot:  account_id
-- references: account_id account
-- optional: valid_until_on, currency
-- ahead: valid_from_on
-- open_ended: valid_until_on
SELECT
    security_id,
    account_id,
    kind,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    TRY_CAST(valid_from_on AS DATE) AS valid_from_on,
    TRY_CAST(valid_until_on AS DATE) AS valid_until_on,
    status,
    currency,
    recorded_at,
    CASE
        WHEN security_id IS NULL THEN 'security_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('deposit', 'guarantee', 'insurance') THEN 'kind.unknown'
        WHEN TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) < 0 THEN 'amount.negative'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
        WHEN TRY_CAST(valid_from_on AS DATE) IS NULL THEN 'valid_from_on.not_a_date'
        WHEN valid_until_on IS NOT NULL AND TRY_CAST(valid_until_on AS DATE) IS NULL THEN 'valid_until_on.not_a_date'
        WHEN TRY_CAST(valid_until_on AS DATE) < TRY_CAST(valid_from_on AS DATE) THEN 'valid_until_on.before_start'
        WHEN status IS NULL OR status NOT IN ('in_force', 'released', 'called') THEN 'status.unknown'
    END AS broken_rule
FROM staged
