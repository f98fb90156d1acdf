-- connection: billing
-- Grain: one row per version of a bill: as issued, and again when it is cancelled. A re-issue is a bill of its own.
-- Amounts are whole fen in the books; the text is built from them, so that no database makes a float of it. What is no
-- whole number (SQLite takes anything) is passed on with its unit, so that the contract sets the row aside.
WITH receivable AS (
    SELECT
        flow.rcvbl_amt_id,
        CAST(flow.rcvbl_amt_id AS VARCHAR(20)) AS bill_id,
        flow.cons_no AS account_id,
        flow.release_date AS issued_on,
        flow.bgn_date AS period_start_on,
        flow.end_date AS period_end_on,
        flow.pay_limit_date AS due_on,
        CASE WHEN CAST(CAST(flow.rcvbl_fen AS BIGINT) AS VARCHAR(20)) = CAST(flow.rcvbl_fen AS VARCHAR(20))
            THEN CASE WHEN flow.rcvbl_fen < 0 THEN '-' ELSE '' END || CAST(ABS(flow.rcvbl_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(flow.rcvbl_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(flow.rcvbl_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        CASE WHEN CAST(CAST(flow.t_pq AS BIGINT) AS VARCHAR(20)) = CAST(flow.t_pq AS VARCHAR(20))
            THEN CAST(flow.t_pq * 1000 AS VARCHAR(20))
            ELSE CAST(flow.t_pq AS VARCHAR(20)) || ' kWh'
        END AS energy_wh,
        CASE flow.amt_type WHEN '01' THEN 'use' WHEN '02' THEN 'recovery' ELSE flow.amt_type END AS kind,
        CAST(flow.peak_pq * 1000 AS VARCHAR(20)) AS peak_wh,
        CAST(flow.flat_pq * 1000 AS VARCHAR(20)) AS flat_wh,
        CAST(flow.valley_pq * 1000 AS VARCHAR(20)) AS valley_wh,
        flow.entered_at
    FROM a_rcvbl_flow AS flow
)

SELECT
    bill_id,
    account_id,
    issued_on,
    period_start_on,
    period_end_on,
    due_on,
    amount,
    energy_wh,
    'issued' AS status,
    kind,
    peak_wh,
    flat_wh,
    valley_wh,
    entered_at AS recorded_at
FROM receivable
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    receivable.bill_id,
    receivable.account_id,
    receivable.issued_on,
    receivable.period_start_on,
    receivable.period_end_on,
    receivable.due_on,
    receivable.amount,
    receivable.energy_wh,
    'cancelled' AS status,
    receivable.kind,
    receivable.peak_wh,
    receivable.flat_wh,
    receivable.valley_wh,
    cancel.entered_at AS recorded_at
FROM a_rcvbl_cancel AS cancel
INNER JOIN receivable ON cancel.rcvbl_amt_id = receivable.rcvbl_amt_id
WHERE cancel.entered_at >= :since AND cancel.entered_at < :until
