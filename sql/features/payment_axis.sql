-- grain:  one row per payment that stands (neither reversed nor itself a reversal) of an open account
-- inputs: cohort, payment_known
-- rule:   an account's payments laid end to end by the day they were paid, then payment id, on one axis of money. A
--         reversal that names another account's payment undoes nothing.
WITH reversed AS (
    SELECT DISTINCT account_id, reverses_payment_id AS payment_id
    FROM payment_known
    WHERE reverses_payment_id IS NOT NULL
)
SELECT
    payment_known.account_id,
    payment_known.paid_on,
    CAST(sum(CAST(payment_known.amount * 100 AS BIGINT)) OVER in_order AS BIGINT) AS upto_cents
FROM payment_known
JOIN cohort ON cohort.account_id = payment_known.account_id
LEFT JOIN reversed
    ON reversed.account_id = payment_known.account_id AND reversed.payment_id = payment_known.payment_id
WHERE payment_known.reverses_payment_id IS NULL
  AND reversed.payment_id IS NULL
WINDOW in_order AS (
    PARTITION BY payment_known.account_id ORDER BY payment_known.paid_on, payment_known.payment_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
