-- connection: billing
-- Grain: one row per version of a part of an arrangement: as agreed, and again when its day has passed or it is cancelled.
WITH term AS (
    SELECT
        part.term_id,
        CAST(part.plan_id AS VARCHAR(20)) AS arrangement_id,
        CAST(part.term_no AS VARCHAR(20)) AS part_no,
        pay_plan.cons_no AS account_id,
        CASE pay_plan.plan_type
            WHEN '01' THEN 'deferral' WHEN '02' THEN 'promise' WHEN '03' THEN 'instalment'
            ELSE pay_plan.plan_type
        END AS kind,
        pay_plan.agree_date AS agreed_on,
        part.term_date AS due_on,
        CASE WHEN CAST(CAST(part.term_fen AS BIGINT) AS VARCHAR(20)) = CAST(part.term_fen AS VARCHAR(20))
            THEN CASE WHEN part.term_fen < 0 THEN '-' ELSE '' END || CAST(ABS(part.term_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(part.term_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(part.term_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        part.entered_at
    FROM s_pay_plan_term AS part
    INNER JOIN s_pay_plan AS pay_plan ON part.plan_id = pay_plan.plan_id
)

SELECT
    arrangement_id,
    part_no,
    account_id,
    kind,
    agreed_on,
    due_on,
    amount,
    'open' AS status,
    entered_at AS recorded_at
FROM term
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    term.arrangement_id,
    term.part_no,
    term.account_id,
    term.kind,
    term.agreed_on,
    term.due_on,
    term.amount,
    CASE ended.result_code WHEN '01' THEN 'kept' WHEN '02' THEN 'broken' WHEN '03' THEN 'cancelled' ELSE ended.result_code END
        AS status,
    ended.entered_at AS recorded_at
FROM s_pay_plan_result AS ended
INNER JOIN term ON ended.term_id = term.term_id
WHERE ended.entered_at >= :since AND ended.entered_at < :until
