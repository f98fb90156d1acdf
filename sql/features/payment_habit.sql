-- grain:  one row per account that ever paid
-- inputs: payment_made
-- rule:   reversed payments by the day of the reversal. The channel is that of the last day on which a payment was made that
--         stands; of several on that day, the first by name.
WITH made AS (
    SELECT
        account_no,
        max(paid_on) FILTER (WHERE undone_on IS NULL) AS last_paid_on,
        count(*) FILTER (WHERE undone_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH) AS reversed_payments_3m,
        count(*) FILTER (WHERE undone_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH) AS reversed_payments_6m,
        count(*) FILTER (WHERE undone_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH) AS reversed_payments_12m,
        count(*) FILTER (WHERE undone_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH) AS reversed_payments_24m
    FROM payment_made
    GROUP BY account_no
),
last_channel AS (
    SELECT made.account_no, min(payment_made.channel) AS payment_channel
    FROM payment_made
    JOIN made ON made.account_no = payment_made.account_no AND made.last_paid_on = payment_made.paid_on
    WHERE payment_made.undone_on IS NULL
    GROUP BY made.account_no
)
SELECT
    made.account_no,
    last_channel.payment_channel,
    CAST(:as_of AS DATE) - made.last_paid_on AS days_since_payment,
    made.reversed_payments_3m,
    made.reversed_payments_6m,
    made.reversed_payments_12m,
    made.reversed_payments_24m
FROM made
LEFT JOIN last_channel ON last_channel.account_no = made.account_no
