-- connection: ledger
-- Grain: one payment per household that paid. Assumed: on the 10th of February 2024. What is no number is passed on as it
-- stands.
SELECT
    'payment-' || hh_id AS payment_id,
    hh_id AS account_id,
    '2024-02-10' AS paid_on,
    payment_usd AS amount,
    NULL AS channel,
    NULL AS reverses_payment_id,
    'USD' AS currency,
    '2024-02-10 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE coalesce(TRY_CAST(payment_usd AS DECIMAL(18, 6)) <> 0, TRUE)
  AND TIMESTAMP '2024-02-10 00:00:00' >= :since AND TIMESTAMP '2024-02-10 00:00:00' < :until
