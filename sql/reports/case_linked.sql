-- grain:  one row per customer who has an account that staff may open tonight, and another one
-- inputs: person, signals
-- rule:   how many open accounts there are and what they owe together; `linked` are those that owe the most, and no more than
--         21 of them: a group with thousands of meters fits no page
WITH ranked AS (
    SELECT
        signals.customer_id,
        signals.account_id,
        signals.district,
        signals.open_amount,
        signals.overdue_amount,
        signals.level,
        signals.grade,
        row_number() OVER (
            PARTITION BY signals.customer_id ORDER BY signals.open_amount DESC, signals.account_id
        ) AS place
    FROM signals
    SEMI JOIN person ON person.customer_id = signals.customer_id
)
SELECT
    customer_id,
    count(*) AS linked_accounts,
    CAST(sum(open_amount) AS DECIMAL(18, 2)) AS linked_open_amount,
    CAST(sum(overdue_amount) AS DECIMAL(18, 2)) AS linked_overdue_amount,
    list({
        'account_id': account_id, 'district': district, 'open_amount': open_amount, 'overdue_amount': overdue_amount,
        'level': level, 'grade': grade
    } ORDER BY place) FILTER (WHERE place <= 21) AS linked
FROM ranked
GROUP BY customer_id
HAVING count(*) > 1
