-- grain:  one row per bill that stands (not cancelled) of an open account
-- inputs: cohort, bill_known
SELECT
    cohort.account_no,
    bill_known.bill_id,
    bill_known.issued_on,
    bill_known.period_start_on,
    bill_known.period_end_on,
    bill_known.due_on,
    CAST(bill_known.amount * 100 AS BIGINT) AS cents,
    bill_known.energy_wh,
    bill_known.peak_wh,
    bill_known.flat_wh,
    bill_known.valley_wh,
    coalesce(bill_known.kind = 'recovery', FALSE) AS is_recovery
FROM bill_known
JOIN cohort ON cohort.account_id = bill_known.account_id
WHERE bill_known.status = 'issued'
