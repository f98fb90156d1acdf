-- grain:  one row per open account whose debt by age is not its debt
-- inputs: own_features
-- rule:   what is open, less what is in dispute, is what the ageing buckets hold; overdue is all of them but the current one
WITH aged AS (
    SELECT
        account_id,
        open_amount - disputed_amount AS due_amount,
        overdue_amount,
        ageing_current_amount,
        ageing_1_30_amount + ageing_31_60_amount + ageing_61_90_amount + ageing_91_180_amount + ageing_181_360_amount
            + ageing_over_360_amount AS late_amount
    FROM own_features
)
SELECT account_id AS place, CAST((due_amount - ageing_current_amount - late_amount) * 100 AS BIGINT) AS difference_cents
FROM aged
WHERE due_amount <> ageing_current_amount + late_amount
UNION ALL
SELECT account_id, CAST((overdue_amount - late_amount) * 100 AS BIGINT)
FROM aged
WHERE overdue_amount <> late_amount
