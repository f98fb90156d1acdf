-- rule:  a reversal names a payment that is known, or that comes with it
-- reads: payment
WITH undoing AS (
    SELECT line_no, reverses_payment_id AS payment_id FROM checked
    WHERE reverses_payment_id IS NOT NULL AND broken_rule IS NULL
),
known AS (
    SELECT payment_id FROM lake_payment SEMI JOIN undoing USING (payment_id)
    UNION
    SELECT payment_id FROM checked SEMI JOIN undoing USING (payment_id) WHERE broken_rule IS NULL
)
SELECT undoing.line_no FROM undoing ANTI JOIN known USING (payment_id)
