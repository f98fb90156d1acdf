-- grain:  one row per account and calendar month, of the 24 whole ones before as-of, in which the period of a bill ended
-- inputs: bill_issued
-- rule:   a recovery charge is not use. `months_ago` is 1 for the month before that of as-of.
WITH ended AS (
    SELECT
        account_no,
        (extract(YEAR FROM CAST(:as_of AS DATE)) - extract(YEAR FROM period_end_on)) * 12
            + extract(MONTH FROM CAST(:as_of AS DATE)) - extract(MONTH FROM period_end_on) AS months_ago,
        cents,
        energy_wh
    FROM bill_issued
    WHERE NOT is_recovery
      AND period_end_on < CAST(:as_of AS DATE)
      AND period_end_on >= CAST(:as_of AS DATE) - INTERVAL '25' MONTH
)
SELECT account_no, CAST(months_ago AS INTEGER) AS months_ago, sum(cents) AS cents, sum(energy_wh) AS wh
FROM ended
WHERE months_ago BETWEEN 1 AND 24
GROUP BY account_no, months_ago
