-- grain:  one row per sum that reached an open account: payments that stand, and what adjustments bring as money
-- inputs: payment_made, adjustment_booked
-- rule:   an account's money laid end to end by the day it came, then payments before adjustments, credits before write-offs,
--         then by id, on one axis. A write-off settles and is not a payment.
WITH sum_in AS (
    SELECT account_no, paid_on, cents, 0 AS rank, payment_id AS id
    FROM payment_made
    WHERE undone_on IS NULL
    UNION ALL
    SELECT account_no, adjusted_on, money_cents, CASE WHEN kind = 'write_off' THEN 2 ELSE 1 END, adjustment_id
    FROM adjustment_booked
    WHERE money_cents > 0
)
SELECT
    account_no,
    paid_on,
    rank = 2 AS is_write_off,
    CAST(sum(cents) OVER in_order AS BIGINT) AS upto_cents
FROM sum_in
WINDOW in_order AS (
    PARTITION BY account_no ORDER BY paid_on, rank, id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
