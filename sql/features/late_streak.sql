-- grain:  one row per account that was ever late with a bill
-- inputs: bill_outcome
-- rule:   a streak is a row of due bills, one after the other, none of which was paid in time; a bill in dispute neither counts
--         nor breaks it. Late and disputed bills that follow each other keep the same distance between their number and their
--         rank among themselves. `late_streak_bills` is the streak that reaches the last bill that fell due, be it of any
--         length; the longest one counts its bills of the window only. Months are whole ones.
WITH last_in_time AS (
    SELECT account_no, max(bill_no) AS bill_no
    FROM bill_outcome
    WHERE days_late = 0 AND NOT is_disputed
    GROUP BY account_no
),
ranked AS (
    SELECT
        account_no,
        bill_no,
        due_on,
        is_disputed,
        bill_no - row_number() OVER (PARTITION BY account_no ORDER BY bill_no) AS streak_no
    FROM bill_outcome
    WHERE days_late > 0 OR is_disputed
),
streak AS (
    SELECT
        account_no,
        max(bill_no) AS last_bill_no,
        count(*) AS bills,
        count(*) FILTER (WHERE due_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH) AS bills_3m,
        count(*) FILTER (WHERE due_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH) AS bills_6m,
        count(*) FILTER (WHERE due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH) AS bills_12m,
        count(*) FILTER (WHERE due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH) AS bills_24m,
        max(due_on) AS last_due_on
    FROM ranked
    WHERE NOT is_disputed
    GROUP BY account_no, streak_no
),
summed AS (
    SELECT
        streak.account_no,
        coalesce(max(streak.bills) FILTER (WHERE streak.last_bill_no > coalesce(last_in_time.bill_no, 0)), 0)
            AS late_streak_bills,
        max(streak.bills_3m) AS longest_late_streak_bills_3m,
        max(streak.bills_6m) AS longest_late_streak_bills_6m,
        max(streak.bills_12m) AS longest_late_streak_bills_12m,
        max(streak.bills_24m) AS longest_late_streak_bills_24m,
        max(streak.last_due_on) AS last_due_on
    FROM streak
    LEFT JOIN last_in_time ON last_in_time.account_no = streak.account_no
    GROUP BY streak.account_no
)
SELECT
    account_no,
    late_streak_bills,
    longest_late_streak_bills_3m,
    longest_late_streak_bills_6m,
    longest_late_streak_bills_12m,
    longest_late_streak_bills_24m,
    CAST(
        (extract(YEAR FROM CAST(:as_of AS DATE)) - extract(YEAR FROM last_due_on)) * 12
        + extract(MONTH FROM CAST(:as_of AS DATE)) - extract(MONTH FROM last_due_on)
        - CASE WHEN extract(DAY FROM CAST(:as_of AS DATE)) < extract(DAY FROM last_due_on) THEN 1 ELSE 0 END AS INTEGER
    ) AS months_since_late_bill
FROM summed
