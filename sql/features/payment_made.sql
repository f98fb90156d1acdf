-- grain:  one row per payment of an open account, with the day of its reversal when it was undone
-- inputs: cohort, payment_known
-- rule:   a reversal undoes a payment of its own account; one that names another account's payment undoes nothing.
WITH reversal AS (
    SELECT account_id, reverses_payment_id AS payment_id, min(paid_on) AS undone_on
    FROM payment_known
    WHERE reverses_payment_id IS NOT NULL
    GROUP BY account_id, reverses_payment_id
)
SELECT
    cohort.account_no,
    payment_known.payment_id,
    payment_known.paid_on,
    CAST(payment_known.amount * 100 AS BIGINT) AS cents,
    payment_known.channel,
    reversal.undone_on
FROM payment_known
JOIN cohort ON cohort.account_id = payment_known.account_id
LEFT JOIN reversal
    ON reversal.account_id = payment_known.account_id AND reversal.payment_id = payment_known.payment_id
WHERE payment_known.reverses_payment_id IS NULL
