-- connection: ledger
-- Grain: one opening balance per household that had a prior balance; a negative one is credit. Assumed: it stood on the 1st of
-- January 2024 and had been due since the 15th of December. What is no number is passed on as it stands.
SELECT
    'opening-' || hh_id AS adjustment_id,
    hh_id AS account_id,
    'opening_balance' AS kind,
    '2024-01-01' AS adjusted_on,
    '2023-12-15' AS due_on,
    prior_balance_usd AS amount,
    'booked' AS status,
    'USD' AS currency,
    '2024-01-01 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE coalesce(TRY_CAST(prior_balance_usd AS DECIMAL(18, 6)) <> 0, TRUE)
  AND TIMESTAMP '2024-01-01 00:00:00' >= :since AND TIMESTAMP '2024-01-01 00:00:00' < :until
