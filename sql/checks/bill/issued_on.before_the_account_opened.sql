-- rule:  nobody is billed before there was an account
-- reads: account
SELECT checked.line_no
FROM checked
JOIN (SELECT account_id, min(opened_on) AS opened_on FROM lake_account GROUP BY account_id) AS opened
    ON opened.account_id = checked.account_id
WHERE checked.issued_on < opened.opened_on
