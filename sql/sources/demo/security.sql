-- connection: billing
-- Grain: one row per version of a deposit, guarantee or insurance: as taken, and again when it is released or called.
WITH deposit AS (
    SELECT
        held.dep_id,
        CAST(held.dep_id AS VARCHAR(20)) AS security_id,
        held.cons_no AS account_id,
        CASE held.dep_type
            WHEN '01' THEN 'deposit' WHEN '02' THEN 'guarantee' WHEN '03' THEN 'insurance'
            ELSE held.dep_type
        END AS kind,
        CASE WHEN CAST(CAST(held.dep_fen AS BIGINT) AS VARCHAR(20)) = CAST(held.dep_fen AS VARCHAR(20))
            THEN CASE WHEN held.dep_fen < 0 THEN '-' ELSE '' END || CAST(ABS(held.dep_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(held.dep_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(held.dep_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        held.bgn_date AS valid_from_on,
        held.entered_at
    FROM c_deposit AS held
)

SELECT
    security_id,
    account_id,
    kind,
    amount,
    valid_from_on,
    NULL AS valid_until_on,
    'in_force' AS status,
    entered_at AS recorded_at
FROM deposit
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    deposit.security_id,
    deposit.account_id,
    deposit.kind,
    deposit.amount,
    deposit.valid_from_on,
    ended.end_date AS valid_until_on,
    CASE ended.end_type WHEN '01' THEN 'released' WHEN '02' THEN 'called' ELSE ended.end_type END AS status,
    ended.entered_at AS recorded_at
FROM c_deposit_end AS ended
INNER JOIN deposit ON ended.dep_id = deposit.dep_id
WHERE ended.entered_at >= :since AND ended.entered_at < :until
