-- grain:  one row per open account for which something is held
-- inputs: cohort, security_known
-- rule:   deposits and guarantees that are in force at as-of; credit insurance pays the utility, not the account: it stands apart.
SELECT
    cohort.account_no,
    coalesce(sum(CAST(security_known.amount * 100 AS BIGINT)) FILTER (WHERE security_known.kind <> 'insurance'), 0)
        AS security_cents,
    coalesce(sum(CAST(security_known.amount * 100 AS BIGINT)) FILTER (WHERE security_known.kind = 'insurance'), 0)
        AS insured_cents
FROM security_known
JOIN cohort ON cohort.account_id = security_known.account_id
WHERE security_known.status = 'in_force'
  AND (security_known.valid_until_on IS NULL OR security_known.valid_until_on >= CAST(:as_of AS DATE))
GROUP BY cohort.account_no
