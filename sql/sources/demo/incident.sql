-- connection: billing
-- Grain: one row per version of an incident: as confirmed, again when what was taken is assessed, and again when it is
-- overturned. An assessment always comes before that; a breach has none.
WITH found AS (
    SELECT
        theft.case_id,
        CAST(theft.case_id AS VARCHAR(20)) AS incident_id,
        theft.cons_no AS account_id,
        CASE theft.case_type
            WHEN '01' THEN 'theft' WHEN '02' THEN 'tampering' WHEN '03' THEN 'unauthorised_use' WHEN '04' THEN 'breach'
            ELSE theft.case_type
        END AS kind,
        theft.confirm_date AS confirmed_on,
        theft.entered_at
    FROM c_theft_case AS theft
),
assessed AS (
    SELECT
        assess.case_id,
        CAST(assess.rec_pq * 1000 AS VARCHAR(20)) AS recovered_wh,
        CASE WHEN CAST(CAST(assess.rec_fen AS BIGINT) AS VARCHAR(20)) = CAST(assess.rec_fen AS VARCHAR(20))
            THEN CASE WHEN assess.rec_fen < 0 THEN '-' ELSE '' END || CAST(ABS(assess.rec_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(assess.rec_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(assess.rec_fen AS VARCHAR(20)) || ' fen'
        END AS recovery_amount,
        assess.entered_at
    FROM c_theft_assess AS assess
)

SELECT
    incident_id,
    account_id,
    kind,
    confirmed_on,
    'confirmed' AS status,
    NULL AS recovered_wh,
    NULL AS recovery_amount,
    entered_at AS recorded_at
FROM found
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    found.incident_id,
    found.account_id,
    found.kind,
    found.confirmed_on,
    'confirmed' AS status,
    assessed.recovered_wh,
    assessed.recovery_amount,
    assessed.entered_at AS recorded_at
FROM assessed
INNER JOIN found ON assessed.case_id = found.case_id
WHERE assessed.entered_at >= :since AND assessed.entered_at < :until
UNION ALL
SELECT
    found.incident_id,
    found.account_id,
    found.kind,
    found.confirmed_on,
    'overturned' AS status,
    assessed.recovered_wh,
    assessed.recovery_amount,
    revoked.entered_at AS recorded_at
FROM c_theft_revoke AS revoked
INNER JOIN found ON revoked.case_id = found.case_id
LEFT JOIN assessed ON revoked.case_id = assessed.case_id
WHERE revoked.entered_at >= :since AND revoked.entered_at < :until
