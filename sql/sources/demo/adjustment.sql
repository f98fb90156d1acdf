-- connection: billing
-- Grain: one row per version of an entry in the ledger that is neither bill nor payment: as booked, and again when it is
-- withdrawn. An opening balance that is a debt has a due date, one below zero is credit.
WITH entry AS (
    SELECT
        adjust.adj_id,
        CAST(adjust.adj_id AS VARCHAR(20)) AS adjustment_id,
        adjust.cons_no AS account_id,
        CASE adjust.adj_type
            WHEN '01' THEN 'opening_balance' WHEN '02' THEN 'credit' WHEN '03' THEN 'write_off'
            ELSE adjust.adj_type
        END AS kind,
        CAST(adjust.rcvbl_amt_id AS VARCHAR(20)) AS bill_id,
        adjust.adj_date AS adjusted_on,
        adjust.due_date AS due_on,
        CASE WHEN CAST(CAST(adjust.adj_fen AS BIGINT) AS VARCHAR(20)) = CAST(adjust.adj_fen AS VARCHAR(20))
            THEN CASE WHEN adjust.adj_fen < 0 THEN '-' ELSE '' END || CAST(ABS(adjust.adj_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(adjust.adj_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(adjust.adj_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        adjust.entered_at
    FROM a_adjust_flow AS adjust
)

SELECT
    adjustment_id,
    account_id,
    kind,
    bill_id,
    adjusted_on,
    due_on,
    amount,
    'booked' AS status,
    entered_at AS recorded_at
FROM entry
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    entry.adjustment_id,
    entry.account_id,
    entry.kind,
    entry.bill_id,
    entry.adjusted_on,
    entry.due_on,
    entry.amount,
    'cancelled' AS status,
    cancel.entered_at AS recorded_at
FROM a_adjust_cancel AS cancel
INNER JOIN entry ON cancel.adj_id = entry.adj_id
WHERE cancel.entered_at >= :since AND cancel.entered_at < :until
