-- grain:  one row per bill of which a part was written off
-- inputs: allocation, bill_axis
-- rule:   such a bill was never paid, not in time and not late. `apart_cents` were taken off it before any money reached it.
WITH part AS (
    SELECT account_no, bill_no, due_on, written_off_cents AS apart_cents
    FROM bill_axis
    WHERE written_off_cents > 0
    UNION ALL
    SELECT account_no, bill_no, due_on, 0
    FROM allocation
    WHERE cents > 0 AND bill_no IS NOT NULL AND settled_on IS NOT NULL AND paid_on IS NULL
)
SELECT account_no, bill_no, due_on, CAST(sum(apart_cents) AS BIGINT) AS apart_cents
FROM part
GROUP BY account_no, bill_no, due_on
