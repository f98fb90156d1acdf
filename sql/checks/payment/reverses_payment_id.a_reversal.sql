-- rule:  what a reversal undoes is a payment, not another reversal
-- reads: payment
WITH undoing AS (
    SELECT line_no, reverses_payment_id AS payment_id FROM checked
    WHERE reverses_payment_id IS NOT NULL AND broken_rule IS NULL
),
reversal AS (
    SELECT payment_id FROM lake_payment SEMI JOIN undoing USING (payment_id) WHERE reverses_payment_id IS NOT NULL
    UNION
    SELECT payment_id FROM checked SEMI JOIN undoing USING (payment_id)
    WHERE reverses_payment_id IS NOT NULL AND broken_rule IS NULL
)
SELECT undoing.line_no FROM undoing SEMI JOIN reversal USING (payment_id)
