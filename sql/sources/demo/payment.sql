-- connection: billing
-- Grain: one row per payment, and one per reversal, which names the payment it undoes and has its amount and channel.
WITH charge AS (
    SELECT
        flow.charge_id,
        CAST(flow.charge_id AS VARCHAR(20)) AS payment_id,
        flow.cons_no AS account_id,
        flow.charge_date AS paid_on,
        CASE WHEN CAST(CAST(flow.rcved_fen AS BIGINT) AS VARCHAR(20)) = CAST(flow.rcved_fen AS VARCHAR(20))
            THEN CASE WHEN flow.rcved_fen < 0 THEN '-' ELSE '' END || CAST(ABS(flow.rcved_fen) / 100 AS VARCHAR(20))
                || '.' || SUBSTR(CAST(100 + ABS(flow.rcved_fen) % 100 AS VARCHAR(20)), 2, 2)
            ELSE CAST(flow.rcved_fen AS VARCHAR(20)) || ' fen'
        END AS amount,
        CASE flow.pay_mode
            WHEN '0401' THEN 'wechat' WHEN '0402' THEN 'alipay' WHEN '0201' THEN 'bank_debit'
            WHEN '0101' THEN 'counter' WHEN '0301' THEN 'bank_transfer'
            ELSE flow.pay_mode
        END AS channel,
        flow.entered_at
    FROM a_pay_flow AS flow
)

SELECT
    payment_id,
    account_id,
    paid_on,
    amount,
    channel,
    NULL AS reverses_payment_id,
    entered_at AS recorded_at
FROM charge
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    'R' || charge.payment_id AS payment_id,
    charge.account_id,
    undone.rev_date AS paid_on,
    charge.amount,
    charge.channel,
    charge.payment_id AS reverses_payment_id,
    undone.entered_at AS recorded_at
FROM a_pay_reversal AS undone
INNER JOIN charge ON undone.charge_id = charge.charge_id
WHERE undone.entered_at >= :since AND undone.entered_at < :until
