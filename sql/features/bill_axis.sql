-- grain:  one row per bill that stands of an open account, opening balances that are owed among them
-- inputs: bill_issued, adjustment_booked
-- rule:   an account's bills, less what credits and write-offs took from them, laid end to end by due date, then issue date,
--         then bill id, on one axis of money. An opening balance has a number on
--         it and no bill id: nobody can dispute it.
WITH reduced AS (
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
        bill_issued.is_recovery,
        FALSE AS is_opening
    FROM bill_issued
    LEFT JOIN reduced ON reduced.account_no = bill_issued.account_no AND reduced.bill_id = bill_issued.bill_id
    UNION ALL
    SELECT account_no, due_on, adjusted_on, adjustment_id, bill_cents, 0, FALSE, TRUE
    FROM adjustment_booked
    WHERE bill_cents > 0
)
SELECT
    account_no,
    due_on,
    CAST(row_number() OVER in_order AS INTEGER) AS bill_no,
    CAST(sum(cents) OVER in_order AS BIGINT) AS upto_cents,
    written_off_cents,
    CASE WHEN NOT is_opening THEN bill_id END AS bill_id,
    is_recovery
FROM bill
WINDOW in_order AS (
    PARTITION BY account_no ORDER BY due_on, issued_on, bill_id, is_opening
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
)
