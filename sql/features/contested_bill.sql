-- grain:  one row per bill of an open account that is in dispute or on hold at as-of
-- inputs: cohort, bill_axis, dispute_known, hold_known
-- rule:   a dispute that names another account's bill disputes nothing, and so for a hold. A bill on hold stands still as one in
--         dispute does, and `is_held` says that it is one.
WITH named AS (
    SELECT cohort.account_no, dispute_known.bill_id, FALSE AS is_held
    FROM dispute_known
    JOIN cohort ON cohort.account_id = dispute_known.account_id
    WHERE dispute_known.closed_on IS NULL OR dispute_known.closed_on >= CAST(:as_of AS DATE)
    UNION ALL
    SELECT cohort.account_no, hold_known.bill_id, TRUE
    FROM hold_known
    JOIN cohort ON cohort.account_id = hold_known.account_id
    WHERE hold_known.bill_id IS NOT NULL
      AND hold_known.from_on <= CAST(:as_of AS DATE)
      AND (hold_known.until_on IS NULL OR hold_known.until_on > CAST(:as_of AS DATE))
)
SELECT named.account_no, bill_axis.bill_no, count(*) FILTER (WHERE named.is_held) > 0 AS is_held
FROM named
JOIN bill_axis ON bill_axis.account_no = named.account_no AND bill_axis.bill_id = named.bill_id
GROUP BY named.account_no, bill_axis.bill_no
