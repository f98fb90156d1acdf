-- grain: one row per entry that is neither bill nor payment, and version; one that was withdrawn is a version with status 'cancelled'
-- key:   adjustment_id
-- event: adjusted_on
-- slot:  account_id
-- money: amount
-- references: account_id account
-- optional: bill_id, due_on, currency
-- ahead: due_on
SELECT
    adjustment_id,
    account_id,
    kind,
    bill_id,
    TRY_CAST(adjusted_on AS DATE) AS adjusted_on,
    TRY_CAST(due_on AS DATE) AS due_on,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    status,
    currency,
    recorded_at,
    CASE
        WHEN adjustment_id IS NULL THEN 'adjustment_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('opening_balance', 'credit', 'write_off') THEN 'kind.unknown'
        WHEN TRY_CAST(adjusted_on AS DATE) IS NULL THEN 'adjusted_on.not_a_date'
        WHEN due_on IS NOT NULL AND TRY_CAST(due_on AS DATE) IS NULL THEN 'due_on.not_a_date'
        WHEN TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
        WHEN kind <> 'opening_balance' AND TRY_CAST(amount AS DECIMAL(18, 2)) <= 0 THEN 'amount.not_positive'
        WHEN kind = 'opening_balance' AND bill_id IS NOT NULL THEN 'bill_id.of_an_opening_balance'
        WHEN status IS NULL OR status NOT IN ('booked', 'cancelled') THEN 'status.unknown'
    END AS broken_rule
FROM staged
