-- rule:  the bill that is named is known
-- reads: bill
WITH named AS (
    SELECT line_no, bill_id FROM checked WHERE bill_id IS NOT NULL AND broken_rule IS NULL
),
known AS (
    SELECT DISTINCT bill_id FROM lake_bill SEMI JOIN named USING (bill_id)
)
SELECT named.line_no FROM named ANTI JOIN known USING (bill_id)
