-- grain:  one row per account with an incident that stands
-- inputs: incident_known
-- rule:   incidents confirmed in the last 24 months; one that was overturned is not there
SELECT
    account_id,
    count(*) FILTER (WHERE confirmed_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH AND kind IN ('theft', 'tampering'))
        AS theft_count,
    count(*) FILTER (
        WHERE confirmed_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH AND kind IN ('unauthorised_use', 'breach')
    ) AS breach_count,
    CAST(:as_of AS DATE) - max(confirmed_on) AS days_since_incident
FROM incident_known
WHERE status = 'confirmed'
GROUP BY account_id
