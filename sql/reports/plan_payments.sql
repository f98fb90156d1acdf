-- grain:  one row per payment of an account that pays by a plan, since the plan was agreed
-- inputs: plan, payment_known
-- rule:   what was taken back since does not count
SELECT
    payment_known.account_id,
    payment_known.payment_id,
    payment_known.paid_on,
    payment_known.amount
FROM plan
JOIN payment_known
    ON payment_known.account_id = plan.account_id AND payment_known.paid_on >= plan.agreed_on
WHERE
    payment_known.reverses_payment_id IS NULL
    AND payment_known.payment_id NOT IN (
        SELECT reversal.reverses_payment_id
        FROM payment_known AS reversal
        WHERE reversal.reverses_payment_id IS NOT NULL
    )
ORDER BY payment_known.account_id, payment_known.paid_on, payment_known.payment_id
