-- grain:  one row per promise to pay for which money came
-- inputs: promise, payment_known
-- rule:   money that was paid from the day on which it was promised to the day on which it is due, and not taken back since
SELECT
    promise.promise_id,
    sum(payment_known.amount) AS paid_amount
FROM promise
JOIN payment_known
    ON
        payment_known.account_id = promise.account_id
        AND payment_known.paid_on BETWEEN promise.made_on AND promise.due_on
WHERE
    payment_known.reverses_payment_id IS NULL
    AND payment_known.payment_id NOT IN (
        SELECT reversal.reverses_payment_id
        FROM payment_known AS reversal
        WHERE reversal.reverses_payment_id IS NOT NULL
    )
GROUP BY promise.promise_id
ORDER BY promise.promise_id
