-- grain:  one row per piece of an account's money axis, and one for the end of each bill
-- inputs: bill_axis, payment_axis
-- rule:   first in, first out. Every edge of a bill or a payment cuts the axis into pieces: each is owed on the next bill
--         that ends at or after it, and covered by the next payment that does, if there is one (else `paid_on` is
--         missing, and the piece is open; a piece without a bill is credit). Bills and payments are numbered along the
--         axis, so the next one is the least one from here on. At `is_bill_end` the covering payment settles the bill.
WITH edge AS (
    SELECT account_id, upto_cents, bill_no, due_on, CAST(NULL AS DATE) AS paid_on
    FROM bill_axis
    UNION ALL
    SELECT account_id, upto_cents, NULL, NULL, paid_on
    FROM payment_axis
),
piece AS (
    SELECT
        account_id,
        bill_no IS NOT NULL AS is_bill_end,
        upto_cents - coalesce(lag(upto_cents) OVER along, 0) AS cents,
        min(bill_no) OVER from_here AS bill_no,
        min(due_on) OVER from_here AS due_on,
        min(paid_on) OVER from_here AS paid_on
    FROM edge
    WINDOW
        along AS (PARTITION BY account_id ORDER BY upto_cents, bill_no NULLS LAST),
        from_here AS (
            PARTITION BY account_id ORDER BY upto_cents, bill_no NULLS LAST
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
),
disputed AS (
    SELECT account_id, bill_no, is_disputed
    FROM bill_axis
    WHERE is_disputed
)
SELECT
    piece.account_id,
    piece.bill_no,
    is_bill_end,
    cents,
    due_on,
    paid_on,
    coalesce(is_disputed, FALSE) AS is_disputed
FROM piece
LEFT JOIN disputed ON disputed.account_id = piece.account_id AND disputed.bill_no = piece.bill_no
WHERE cents > 0 OR is_bill_end
