-- grain:  one row per open account with an incident that stands
-- inputs: cohort, incident_known
-- rule:   incidents confirmed in the last 24 months; one that was overturned is not there. Months are whole ones, and are told of
--         theft (with tampering) and of breach (with unauthorised use) by themselves as well, however long ago.
WITH standing AS (
    SELECT
        cohort.account_no,
        incident_known.confirmed_on,
        incident_known.recovered_wh,
        CAST(incident_known.recovery_amount * 100 AS BIGINT) AS recovery_cents,
        incident_known.confirmed_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH AS is_recent,
        incident_known.kind IN ('theft', 'tampering') AS is_theft,
        CAST(
            (extract(YEAR FROM CAST(:as_of AS DATE)) - extract(YEAR FROM incident_known.confirmed_on)) * 12
            + extract(MONTH FROM CAST(:as_of AS DATE)) - extract(MONTH FROM incident_known.confirmed_on)
            - CASE
                WHEN extract(DAY FROM CAST(:as_of AS DATE)) < extract(DAY FROM incident_known.confirmed_on) THEN 1 ELSE 0
            END AS INTEGER
        ) AS months_ago
    FROM incident_known
    JOIN cohort ON cohort.account_id = incident_known.account_id
    WHERE incident_known.status = 'confirmed'
)
SELECT
    account_no,
    count(*) FILTER (WHERE is_recent AND is_theft) AS theft_count_24m,
    count(*) FILTER (WHERE is_recent AND NOT is_theft) AS breach_count_24m,
    CAST(:as_of AS DATE) - max(confirmed_on) AS days_since_incident,
    min(months_ago) AS months_since_incident,
    min(months_ago) FILTER (WHERE is_theft) AS months_since_theft,
    min(months_ago) FILTER (WHERE NOT is_theft) AS months_since_breach,
    coalesce(sum(recovered_wh) FILTER (WHERE is_recent), 0) AS recovered_wh_24m,
    coalesce(sum(recovery_cents) FILTER (WHERE is_recent), 0) AS recovery_cents_24m
FROM standing
GROUP BY account_no
