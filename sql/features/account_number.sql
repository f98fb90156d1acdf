-- grain:  one row per account that is known
-- inputs: account_known
-- rule:   numbers stand in for account ids where there is much to sort and group; which number an account has means nothing
SELECT account_id, CAST(row_number() OVER (ORDER BY account_id) AS INTEGER) AS account_no
FROM account_known
