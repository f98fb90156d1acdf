-- grain:  one row per account that a bill, payment or adjustment in quarantine names
-- inputs: quarantine_known
-- rule:   what nobody could read or place yet bars harmful treatment: a mistyped payment must not become a false demand.
--         An amount that cannot be read counts as a row and as no money
SELECT
    account_id,
    count(*) AS quarantined_money_rows,
    sum(CAST(coalesce(money, 0) * 100 AS BIGINT)) AS quarantined_money_cents
FROM quarantine_known
WHERE account_id IS NOT NULL
GROUP BY account_id
