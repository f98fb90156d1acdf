-- connection: billing
-- Grain: one row per version of a dispute: as opened, and again when it is closed.
WITH appeal AS (
    SELECT
        s_appeal.appeal_id,
        CAST(s_appeal.appeal_id AS VARCHAR(20)) AS dispute_id,
        s_appeal.cons_no AS account_id,
        CAST(s_appeal.rcvbl_amt_id AS VARCHAR(20)) AS bill_id,
        s_appeal.accept_date AS opened_on,
        s_appeal.entered_at
    FROM s_appeal
)

SELECT
    dispute_id,
    account_id,
    bill_id,
    opened_on,
    NULL AS closed_on,
    entered_at AS recorded_at
FROM appeal
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    appeal.dispute_id,
    appeal.account_id,
    appeal.bill_id,
    appeal.opened_on,
    ended.finish_date AS closed_on,
    ended.entered_at AS recorded_at
FROM s_appeal_end AS ended
INNER JOIN appeal ON ended.appeal_id = appeal.appeal_id
WHERE ended.entered_at >= :since AND ended.entered_at < :until
