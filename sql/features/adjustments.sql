-- grain:  one row per account with an adjustment in the last 24 months
-- inputs: adjustment_booked
SELECT
    account_no,
    coalesce(sum(cents) FILTER (WHERE kind = 'credit'), 0) AS credited_cents_24m,
    coalesce(sum(cents) FILTER (WHERE kind = 'write_off'), 0) AS written_off_cents_24m
FROM adjustment_booked
WHERE adjusted_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
GROUP BY account_no
