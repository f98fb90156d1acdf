-- grain:  one row per account that has ever had a bill or paid
-- inputs: allocation, contested_bill
-- rule:   open = owed on a bill and settled by nothing. Overdue = open and past its due date; a bill in dispute or on hold is
--         left out of overdue and ageing, bill by bill; `held` is what of that is on hold. Days past due count from the day after the due date. Buckets: see names.
WITH piece AS (
    SELECT
        allocation.account_no,
        allocation.cents,
        allocation.due_on,
        allocation.bill_no IS NULL AS is_credit,
        contested_bill.bill_no IS NOT NULL AS is_disputed,
        coalesce(contested_bill.is_held, FALSE) AS is_held,
        allocation.is_recovery,
        CAST(:as_of AS DATE) - allocation.due_on AS days_past_due
    FROM allocation
    LEFT JOIN contested_bill
        ON contested_bill.account_no = allocation.account_no AND contested_bill.bill_no = allocation.bill_no
    WHERE allocation.cents > 0
      AND (allocation.settled_on IS NULL OR allocation.bill_no IS NULL)
)
SELECT
    account_no,
    coalesce(sum(cents) FILTER (WHERE NOT is_credit), 0) AS open_cents,
    coalesce(sum(cents) FILTER (WHERE is_credit), 0) AS credit_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_credit AND is_disputed), 0) AS disputed_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_credit AND is_held), 0) AS held_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due > 0), 0) AS overdue_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due <= 0), 0) AS ageing_current_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due BETWEEN 1 AND 30), 0) AS ageing_1_30_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due BETWEEN 31 AND 60), 0) AS ageing_31_60_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due BETWEEN 61 AND 90), 0) AS ageing_61_90_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due BETWEEN 91 AND 180), 0) AS ageing_91_180_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due BETWEEN 181 AND 360), 0)
        AS ageing_181_360_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due > 360), 0) AS ageing_over_360_cents,
    coalesce(sum(cents) FILTER (WHERE NOT is_disputed AND days_past_due >= 15), 0) AS overdue_15_days_cents,
    coalesce(sum(cents) FILTER (WHERE is_recovery AND NOT is_credit), 0) AS recovery_open_cents,
    max(days_past_due) FILTER (WHERE NOT is_disputed AND days_past_due > 0) AS oldest_days_past_due,
    min(due_on) FILTER (WHERE NOT is_disputed AND days_past_due <= 0) AS next_due_on
FROM piece
GROUP BY account_no
