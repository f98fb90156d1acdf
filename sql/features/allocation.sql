-- grain:  one row per piece of an account's money axis, and one for the end of each bill
-- inputs: bill_axis, payment_axis
-- rule:   first in, first out. Every edge of a bill or a payment cuts the axis into pieces: each is owed on the first bill
--         that ends at or after it, and settled by the first payment that does, if there is one (else `settled_on` is
--         missing, and the piece is open; a piece without a bill is credit). A piece that a write-off settles was never
--         paid: `paid_on` is missing. At `is_bill_end` that payment settles the bill.
WITH edge AS (
    SELECT account_no, upto_cents, bill_no, due_on, CAST(NULL AS DATE) AS settled_on, CAST(NULL AS BOOLEAN) AS is_write_off
    FROM bill_axis
    UNION ALL
    SELECT account_no, upto_cents, NULL, NULL, paid_on, is_write_off
    FROM payment_axis
),
piece AS (
    SELECT
        account_no,
        bill_no IS NOT NULL AS is_bill_end,
        upto_cents - coalesce(lag(upto_cents) OVER from_here, 0) AS cents,
        first_value(bill_no IGNORE NULLS) OVER from_here AS bill_no,
        first_value(due_on IGNORE NULLS) OVER from_here AS due_on,
        first_value(settled_on IGNORE NULLS) OVER from_here AS settled_on,
        first_value(is_write_off IGNORE NULLS) OVER from_here AS is_write_off
    FROM edge
    WINDOW from_here AS (
        PARTITION BY account_no ORDER BY upto_cents, bill_no NULLS LAST
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
    )
),
recovery AS (
    SELECT account_no, bill_no
    FROM bill_axis
    WHERE is_recovery
)
SELECT
    piece.account_no,
    piece.bill_no,
    piece.is_bill_end,
    piece.cents,
    piece.due_on,
    piece.settled_on,
    CASE WHEN NOT piece.is_write_off THEN piece.settled_on END AS paid_on,
    recovery.bill_no IS NOT NULL AS is_recovery
FROM piece
LEFT JOIN recovery ON recovery.account_no = piece.account_no AND recovery.bill_no = piece.bill_no
WHERE piece.cents > 0 OR piece.is_bill_end
