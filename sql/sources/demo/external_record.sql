-- connection: billing
-- Grain: one row per version of a public record about a customer: as published, and again when it ends.
WITH record AS (
    SELECT
        published.rec_id,
        CAST(published.rec_id AS VARCHAR(20)) AS record_id,
        CAST(published.cust_id AS VARCHAR(20)) AS customer_id,
        CASE published.src_code
            WHEN '01' THEN 'business' WHEN '02' THEN 'tax' WHEN '03' THEN 'court' WHEN '04' THEN 'insolvency'
            ELSE published.src_code
        END AS kind,
        published.pub_date AS published_on,
        CASE WHEN CAST(CAST(published.rec_fen AS BIGINT) AS VARCHAR(20)) = CAST(published.rec_fen AS VARCHAR(20))
            THEN CASE WHEN published.rec_fen < 0 THEN '-' ELSE '' END || CAST(ABS(published.rec_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(published.rec_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(published.rec_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        published.entered_at
    FROM x_pub_record AS published
)

SELECT
    record_id,
    customer_id,
    kind,
    published_on,
    NULL AS ended_on,
    amount,
    entered_at AS recorded_at
FROM record
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    record.record_id,
    record.customer_id,
    record.kind,
    record.published_on,
    ended.end_date AS ended_on,
    record.amount,
    ended.entered_at AS recorded_at
FROM x_pub_record_end AS ended
INNER JOIN record ON ended.rec_id = record.rec_id
WHERE ended.entered_at >= :since AND ended.entered_at < :until
