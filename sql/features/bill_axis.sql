-- grain:  one row per bill that stands of an open account, opening balances that are owed among them
-- inputs: cohort, bill_issued, adjustment_booked, dispute_known, hold_known
-- rule:   an account's bills, less what credits and write-offs took from them, laid end to end by due date, then issue date,
--         then bill id, on one axis of money. A dispute that names another account's bill disputes nothing,
--         and so for a hold. A bill on hold stands still as one in dispute does, and `is_held` says that it is one.
WITH on_hold AS (
    SELECT DISTINCT cohort.account_no, hold_known.bill_id
    FROM hold_known
    JOIN cohort ON cohort.account_id = hold_known.account_id
    WHERE hold_known.bill_id IS NOT NULL
      AND hold_known.from_on <= CAST(:as_of AS DATE)
      AND (hold_known.until_on IS NULL OR hold_known.until_on > CAST(:as_of AS DATE))
),
in_dispute AS (
    SELECT cohort.account_no, dispute_known.bill_id
    FROM dispute_known
    JOIN cohort ON cohort.account_id = dispute_known.account_id
    WHERE dispute_known.closed_on IS NULL OR dispute_known.closed_on >= CAST(:as_of AS DATE)
    UNION
    SELECT account_no, bill_id FROM on_hold
),
reduced AS (
    SELECT
        account_no,
        bill_id,
        sum(taken_cents) AS cents,
        sum(taken_cents) FILTER (WHERE kind = 'write_off') AS written_off_cents
    FROM adjustment_booked
    WHERE taken_cents > 0
    GROUP BY account_no, bill_id
),
bill AS (
    SELECT
        bill_issued.account_no,
        bill_issued.due_on,
        bill_issued.issued_on,
        bill_issued.bill_id,
        CAST(bill_issued.cents - coalesce(reduced.cents, 0) AS BIGINT) AS cents,
        CAST(coalesce(reduced.written_off_cents, 0) AS BIGINT) AS written_off_cents,
        in_dispute.bill_id IS NOT NULL AS is_disputed,
        on_hold.bill_id IS NOT NULL AS is_held,
        bill_issued.is_recovery,
        FALSE AS is_opening
    FROM bill_issued
    LEFT JOIN in_dispute ON in_dispute.account_no = bill_issued.account_no AND in_dispute.bill_id = bill_issued.bill_id
    LEFT JOIN on_hold ON on_hold.account_no = bill_issued.account_no AND on_hold.bill_id = bill_issued.bill_id
    LEFT JOIN reduced ON reduced.account_no = bill_issued.account_no AND reduced.bill_id = bill_issued.bill_id
    UNION ALL
    SELECT account_no, due_on, adjusted_on, adjustment_id, bill_cents, 0, FALSE, FALSE, FALSE, TRUE
    FROM adjustment_booked
    WHERE bill_cents > 0
)
SELECT
    account_no,
    due_on,
    CAST(row_number() OVER in_order AS INTEGER) AS bill_no,
    CAST(sum(cents) OVER in_order AS BIGINT) AS upto_cents,
    written_off_cents,
    is_disputed,
    is_held,
    is_recovery
FROM bill
WINDOW in_order AS (
    PARTITION BY account_no ORDER BY due_on, issued_on, bill_id, is_opening
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
