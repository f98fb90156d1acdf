-- grain:  one row per bill that fell due before as-of
-- inputs: allocation, written_off_bill, contested_bill
-- rule:   days late are counted to the payment that settles the bill, and to as-of where none does: a part that was written
--         off was never paid. In time is 0 days late. A bill over nothing is paid.
SELECT
    allocation.account_no,
    allocation.bill_no,
    allocation.due_on,
    contested_bill.bill_no IS NOT NULL AS is_disputed,
    CASE
        WHEN written_off_bill.bill_no IS NOT NULL THEN CAST(:as_of AS DATE) - allocation.due_on
        WHEN allocation.cents = 0 THEN 0
        ELSE greatest(coalesce(allocation.paid_on, CAST(:as_of AS DATE)) - allocation.due_on, 0)
    END AS days_late
FROM allocation
LEFT JOIN written_off_bill
    ON written_off_bill.account_no = allocation.account_no AND written_off_bill.bill_no = allocation.bill_no
LEFT JOIN contested_bill
    ON contested_bill.account_no = allocation.account_no AND contested_bill.bill_no = allocation.bill_no
WHERE allocation.is_bill_end AND allocation.due_on < CAST(:as_of AS DATE)
