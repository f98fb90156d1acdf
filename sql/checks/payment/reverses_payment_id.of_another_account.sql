-- rule:  a reversal is of the account whose payment it undoes
-- reads: payment
WITH undoing AS (
    SELECT line_no, reverses_payment_id AS payment_id, account_id FROM checked
    WHERE reverses_payment_id IS NOT NULL AND broken_rule IS NULL
),
known AS (
    SELECT payment_id, account_id FROM lake_payment SEMI JOIN undoing USING (payment_id)
    UNION
    SELECT payment_id, account_id FROM checked SEMI JOIN undoing USING (payment_id) WHERE broken_rule IS NULL
)
SELECT undoing.line_no FROM undoing SEMI JOIN known USING (payment_id) ANTI JOIN known USING (payment_id, account_id)
