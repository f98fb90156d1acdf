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
    account_id,
    due_on,
    row_number() OVER in_order AS bill_no,
    CAST(sum(CAST(amount * 100 AS BIGINT)) OVER in_order AS BIGINT) AS upto_cents,
    EXISTS (
        SELECT 1 FROM in_dispute
        WHERE in_dispute.account_id = bill_known.account_id AND in_dispute.bill_id = bill_known.bill_id
    ) AS is_disputed
FROM bill_known
WHERE status = 'issued'
  AND EXISTS (SELECT 1 FROM cohort WHERE cohort.account_id = bill_known.account_id)
WINDOW in_order AS (
    PARTITION BY account_id ORDER BY due_on, issued_on, bill_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
