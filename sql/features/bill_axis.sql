-- grain:  one row per bill that stands (not cancelled) of an open account
-- inputs: cohort, bill_known, dispute_known
-- rule:   an account's bills laid end to end by due date, then issue date, then bill id, on one axis of money. A dispute
--         that names another account's bill disputes nothing.
WITH in_dispute AS (
    SELECT DISTINCT account_id, bill_id
    FROM dispute_known
    WHERE closed_on IS NULL OR closed_on >= CAST(:as_of AS DATE)
)
SELECT
    bill_known.account_id,
    bill_known.due_on,
    row_number() OVER in_order AS bill_no,
    CAST(sum(CAST(bill_known.amount * 100 AS BIGINT)) OVER in_order AS BIGINT) AS upto_cents,
    in_dispute.bill_id IS NOT NULL AS is_disputed
FROM bill_known
JOIN cohort ON cohort.account_id = bill_known.account_id
LEFT JOIN in_dispute ON in_dispute.account_id = bill_known.account_id AND in_dispute.bill_id = bill_known.bill_id
WHERE bill_known.status = 'issued'
WINDOW in_order AS (
    PARTITION BY bill_known.account_id ORDER BY bill_known.due_on, bill_known.issued_on, bill_known.bill_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
