-- grain: one row per payment, or per reversal of one (then `reverses_payment_id` names it), and version
-- key:   payment_id
-- event: paid_on
-- slot:  account_id
-- money: amount
-- references: account_id account
-- optional: currency
SELECT
    payment_id,
    account_id,
    TRY_CAST(paid_on AS DATE) AS paid_on,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    channel,
    reverses_payment_id,
    currency,
    recorded_at,
    CASE
        WHEN payment_id IS NULL THEN 'payment_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN TRY_CAST(paid_on AS DATE) IS NULL THEN 'paid_on.not_a_date'
        WHEN TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <= 0 THEN 'amount.not_positive'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
        WHEN reverses_payment_id = payment_id THEN 'reverses_payment_id.itself'
    END AS broken_rule
FROM staged
