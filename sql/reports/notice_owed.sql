-- grain:  one row per notice that asks for money and has not left
-- inputs: waiting, signal, payment_known
-- rule:   owed is what is overdue or coming due and not disputed; has_paid: money came in that nobody knew when it was drafted
SELECT
    waiting.notice_id,
    CAST(coalesce(signal.overdue_amount + signal.next_due_amount, 0) AS DECIMAL(18, 2)) AS owed_amount,
    EXISTS (
        SELECT 1
        FROM payment_known
        WHERE
            payment_known.account_id = waiting.account_id
            AND payment_known.recorded_at >= waiting.drafted_at
            AND payment_known.reverses_payment_id IS NULL
    ) AS has_paid
FROM waiting
LEFT JOIN signal ON signal.account_id = waiting.account_id
ORDER BY waiting.notice_id
