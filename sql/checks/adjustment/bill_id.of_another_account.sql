-- rule:  the bill that is named is one of the same account
-- reads: bill
WITH named AS (
    SELECT line_no, bill_id, account_id FROM checked WHERE bill_id IS NOT NULL AND broken_rule IS NULL
),
known AS (
    SELECT DISTINCT bill_id, account_id FROM lake_bill SEMI JOIN named USING (bill_id)
)
SELECT named.line_no FROM named SEMI JOIN known USING (bill_id) ANTI JOIN known USING (bill_id, account_id)
