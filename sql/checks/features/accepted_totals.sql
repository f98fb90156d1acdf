-- grain:  one row per kind of entry whose total is not that of the rows that were accepted and are known
-- inputs: cohort, bill_known, payment_known, adjustment_known, bill_issued, payment_made, adjustment_booked
-- rule:   every bill that stands, every payment, reversed or not, and every adjustment of an open account is worked with, once
WITH total AS (
    SELECT 'billed' AS place, coalesce(sum(CAST(amount * 100 AS BIGINT)), 0) AS cents
    FROM bill_known
    WHERE status = 'issued' AND account_id IN (SELECT account_id FROM cohort)
    UNION ALL
    SELECT 'billed', -coalesce(sum(cents), 0)
    FROM bill_issued
    UNION ALL
    SELECT 'paid', coalesce(sum(CAST(amount * 100 AS BIGINT)), 0)
    FROM payment_known
    WHERE reverses_payment_id IS NULL AND account_id IN (SELECT account_id FROM cohort)
    UNION ALL
    SELECT 'paid', -coalesce(sum(cents), 0)
    FROM payment_made
    UNION ALL
    SELECT kind, sum(CAST(amount * 100 AS BIGINT))
    FROM adjustment_known
    WHERE status = 'booked' AND account_id IN (SELECT account_id FROM cohort)
    GROUP BY kind
    UNION ALL
    SELECT kind, -sum(cents)
    FROM adjustment_booked
    GROUP BY kind
)
SELECT place, sum(cents) AS difference_cents
FROM total
GROUP BY place
HAVING sum(cents) <> 0
