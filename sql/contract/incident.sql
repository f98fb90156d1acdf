-- grain: one row per incident and version; an overturned incident is a version with status 'overturned'
-- key:   incident_id
-- event: confirmed_on
-- slot:  account_id
SELECT
    incident_id,
    account_id,
    kind,
    TRY_CAST(confirmed_on AS DATE) AS confirmed_on,
    status,
    recorded_at,
    CASE
        WHEN incident_id IS NULL THEN 'incident_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('theft', 'tampering', 'unauthorised_use', 'breach') THEN 'kind.unknown'
        WHEN TRY_CAST(confirmed_on AS DATE) IS NULL THEN 'confirmed_on.not_a_date'
        WHEN status IS NULL OR status NOT IN ('confirmed', 'overturned') THEN 'status.unknown'
    END AS broken_rule
FROM staged
