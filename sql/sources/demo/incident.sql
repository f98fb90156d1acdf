-- connection: billing
-- Grain: one row per version of an incident: as confirmed, and again when it is overturned.
WITH found AS (
    SELECT
        theft.case_id,
        CAST(theft.case_id AS VARCHAR(20)) AS incident_id,
        theft.cons_no AS account_id,
        CASE theft.case_type
            WHEN '01' THEN 'theft' WHEN '02' THEN 'tampering' WHEN '03' THEN 'unauthorised_use' WHEN '04' THEN 'breach'
            ELSE theft.case_type
        END AS kind,
        theft.confirm_date AS confirmed_on,
        theft.entered_at
    FROM c_theft_case AS theft
)

SELECT
    incident_id,
    account_id,
    kind,
    confirmed_on,
    'confirmed' AS status,
    entered_at AS recorded_at
FROM found
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    found.incident_id,
    found.account_id,
    found.kind,
    found.confirmed_on,
    'overturned' AS status,
    revoked.entered_at AS recorded_at
FROM c_theft_revoke AS revoked
INNER JOIN found ON revoked.case_id = found.case_id
WHERE revoked.entered_at >= :since AND revoked.entered_at < :until
