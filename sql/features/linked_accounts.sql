-- grain:  one row per open account that is linked to another one
-- inputs: own_features
-- rule:   accounts are linked that have the same owner, the same guarantor or the same premises; each other account counts once,
--         however it is linked: the three groups added up, less the three that share two of these, and once more those that
--         share all. Figures are of the others: the account itself is taken off.
WITH account AS (
    SELECT
        account_id,
        customer_id,
        guarantor_customer_id,
        premise_id,
        open_amount,
        overdue_amount,
        CASE WHEN overdue_amount > 0 THEN 1 ELSE 0 END AS is_overdue
    FROM own_features
),
owner AS (
    SELECT customer_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue, sum(is_overdue) AS late
    FROM account
    GROUP BY customer_id
    HAVING count(*) > 1
),
guarantor AS (
    SELECT guarantor_customer_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue,
        sum(is_overdue) AS late
    FROM account
    WHERE guarantor_customer_id IS NOT NULL
    GROUP BY guarantor_customer_id
    HAVING count(*) > 1
),
premises AS (
    SELECT premise_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue, sum(is_overdue) AS late
    FROM account
    WHERE premise_id IS NOT NULL
    GROUP BY premise_id
    HAVING count(*) > 1
),
owner_and_guarantor AS (
    SELECT customer_id, guarantor_customer_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue,
        sum(is_overdue) AS late
    FROM account
    WHERE guarantor_customer_id IS NOT NULL
    GROUP BY customer_id, guarantor_customer_id
    HAVING count(*) > 1
),
owner_and_premises AS (
    SELECT customer_id, premise_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue,
        sum(is_overdue) AS late
    FROM account
    WHERE premise_id IS NOT NULL
    GROUP BY customer_id, premise_id
    HAVING count(*) > 1
),
guarantor_and_premises AS (
    SELECT guarantor_customer_id, premise_id, count(*) AS n, sum(open_amount) AS owed, sum(overdue_amount) AS overdue,
        sum(is_overdue) AS late
    FROM account
    WHERE guarantor_customer_id IS NOT NULL AND premise_id IS NOT NULL
    GROUP BY guarantor_customer_id, premise_id
    HAVING count(*) > 1
),
all_three AS (
    SELECT customer_id, guarantor_customer_id, premise_id, count(*) AS n, sum(open_amount) AS owed,
        sum(overdue_amount) AS overdue, sum(is_overdue) AS late
    FROM account
    WHERE guarantor_customer_id IS NOT NULL AND premise_id IS NOT NULL
    GROUP BY customer_id, guarantor_customer_id, premise_id
    HAVING count(*) > 1
),
part AS (
    SELECT account.account_id, 'owner' AS link, 1 AS sign, owner.n, owner.owed, owner.overdue, owner.late,
        account.open_amount, account.overdue_amount, account.is_overdue
    FROM account
    JOIN owner ON owner.customer_id = account.customer_id
    UNION ALL
    SELECT account_id, 'guarantor', 1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN guarantor ON guarantor.guarantor_customer_id = account.guarantor_customer_id
    UNION ALL
    SELECT account_id, 'premises', 1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN premises ON premises.premise_id = account.premise_id
    UNION ALL
    SELECT account_id, 'two', -1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN owner_and_guarantor
        ON owner_and_guarantor.customer_id = account.customer_id
        AND owner_and_guarantor.guarantor_customer_id = account.guarantor_customer_id
    UNION ALL
    SELECT account_id, 'two', -1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN owner_and_premises
        ON owner_and_premises.customer_id = account.customer_id AND owner_and_premises.premise_id = account.premise_id
    UNION ALL
    SELECT account_id, 'two', -1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN guarantor_and_premises
        ON guarantor_and_premises.guarantor_customer_id = account.guarantor_customer_id
        AND guarantor_and_premises.premise_id = account.premise_id
    UNION ALL
    SELECT account_id, 'all', 1, n, owed, overdue, late, open_amount, overdue_amount, is_overdue
    FROM account
    JOIN all_three
        ON all_three.customer_id = account.customer_id
        AND all_three.guarantor_customer_id = account.guarantor_customer_id
        AND all_three.premise_id = account.premise_id
)
SELECT
    account_id,
    coalesce(sum(n - 1) FILTER (WHERE link = 'owner'), 0) AS same_owner_accounts,
    coalesce(sum(n - 1) FILTER (WHERE link = 'guarantor'), 0) AS same_guarantor_accounts,
    coalesce(sum(n - 1) FILTER (WHERE link = 'premises'), 0) AS same_premises_accounts,
    sum(sign * (n - 1)) AS linked_accounts,
    sum(sign * (late - is_overdue)) AS linked_overdue_accounts,
    CAST(sum(sign * (owed - open_amount)) AS DECIMAL(18, 2)) AS linked_open_amount,
    CAST(sum(sign * (overdue - overdue_amount)) AS DECIMAL(18, 2)) AS linked_overdue_amount
FROM part
GROUP BY account_id
