-- grain:  one row per account that once owed the bills of three months of one year together
-- inputs: bill_outcome
-- rule:   a bill is unpaid from the day after its due date to the day on which it is settled; its month and year are those in which
--         it fell due, and one in dispute does not count. The last day on which bills of three months of one year, or more, were
--         unpaid together is the day on which one of them was settled, or as-of. Months since then are whole ones.
WITH late_bill AS (
    SELECT
        account_no,
        bill_no,
        due_on,
        due_on + CAST(days_late AS INTEGER) AS settled_on,
        extract(YEAR FROM due_on) AS due_year,
        extract(MONTH FROM due_on) AS due_month
    FROM bill_outcome
    WHERE days_late > 0 AND NOT is_disputed
),
together AS (
    SELECT late_bill.account_no, late_bill.settled_on
    FROM late_bill
    JOIN late_bill AS other
        ON other.account_no = late_bill.account_no
        AND other.due_year = late_bill.due_year
        AND other.due_on < late_bill.settled_on
        AND other.settled_on >= late_bill.settled_on
    GROUP BY late_bill.account_no, late_bill.bill_no, late_bill.settled_on
    HAVING count(DISTINCT other.due_month) >= 3
)
SELECT
    account_no,
    CAST(
        (extract(YEAR FROM CAST(:as_of AS DATE)) - extract(YEAR FROM max(settled_on))) * 12
        + extract(MONTH FROM CAST(:as_of AS DATE)) - extract(MONTH FROM max(settled_on))
        - CASE WHEN extract(DAY FROM CAST(:as_of AS DATE)) < extract(DAY FROM max(settled_on)) THEN 1 ELSE 0 END AS INTEGER
    ) AS months_since_three_unpaid
FROM together
GROUP BY account_no
