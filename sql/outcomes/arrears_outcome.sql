-- grain:  one row per account with a bill that falls due in the horizon, long enough before its end to be `late_days` late
-- inputs: cohort, allocation, bill_axis, contested_bill, as they are known when the horizon has passed
-- rule:   what became of an account after the night of :as_of. Only bills count that were not yet overdue then. An account
--         owes what is past its due date by :late_days or more and was not paid by that day; what is in dispute is left
--         out, and what was written off was never paid. Debt of this age only grows on a day on which another bill
--         reaches it, so those days are enough. `arrears_amount` is what is owed on the day of the fall, `arrears_on`.
WITH sum_due AS (
    SELECT account_no, bill_no, due_on, cents, paid_on
    FROM allocation
    WHERE bill_no IS NOT NULL
      AND cents > 0
    UNION ALL
    SELECT account_no, bill_no, due_on, written_off_cents, NULL
    FROM bill_axis
    WHERE written_off_cents > 0
),
piece AS (
    SELECT account_no, cents, paid_on, due_on + CAST(:late_days AS INTEGER) AS late_on
    FROM sum_due
    WHERE due_on >= CAST(:as_of AS DATE)
      AND due_on + CAST(:late_days AS INTEGER) <= CAST(:as_of AS DATE) + CAST(:horizon_days AS INTEGER)
      AND NOT EXISTS (
          SELECT 1 FROM contested_bill
          WHERE contested_bill.account_no = sum_due.account_no AND contested_bill.bill_no = sum_due.bill_no
      )
),
moment AS (
    SELECT DISTINCT account_no, late_on AS owed_on
    FROM piece
),
owed AS (
    SELECT
        moment.account_no,
        moment.owed_on,
        coalesce(sum(piece.cents) FILTER (WHERE piece.paid_on IS NULL OR piece.paid_on >= moment.owed_on), 0) AS cents
    FROM moment
    JOIN piece ON piece.account_no = moment.account_no AND piece.late_on <= moment.owed_on
    GROUP BY moment.account_no, moment.owed_on
)
SELECT
    cohort.account_id,
    max(owed.cents) >= CAST(:least_cents AS BIGINT) AS is_arrears,
    min(owed.owed_on) FILTER (WHERE owed.cents >= CAST(:least_cents AS BIGINT)) AS arrears_on,
    CAST(CAST(arg_min(owed.cents, owed.owed_on) FILTER (WHERE owed.cents >= CAST(:least_cents AS BIGINT)) AS DECIMAL(18, 0))
        * 0.01 AS DECIMAL(18, 2)) AS arrears_amount,
    CAST(CAST(max(owed.cents) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS most_owed_amount
FROM owed
JOIN cohort ON cohort.account_no = owed.account_no
GROUP BY cohort.account_id
