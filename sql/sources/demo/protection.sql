-- connection: billing
-- Grain: one row per version of a reason for protection: as noted, and again when it ends.
WITH protect AS (
    SELECT
        held.prot_id,
        CAST(held.prot_id AS VARCHAR(20)) AS protection_id,
        held.cons_no AS account_id,
        CASE held.prot_type
            WHEN '11' THEN 'medical' WHEN '12' THEN 'elderly' WHEN '13' THEN 'young_children' WHEN '14' THEN 'low_income'
            WHEN '19' THEN 'other_vulnerable' WHEN '21' THEN 'important_user' WHEN '22' THEN 'high_risk_user'
            WHEN '23' THEN 'continuous_process'
            ELSE held.prot_type
        END AS kind,
        held.bgn_date AS valid_from_on,
        held.end_date AS valid_until_on,
        held.entered_at
    FROM c_protect AS held
)

SELECT
    protection_id,
    account_id,
    kind,
    valid_from_on,
    valid_until_on,
    entered_at AS recorded_at
FROM protect
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    protect.protection_id,
    protect.account_id,
    protect.kind,
    protect.valid_from_on,
    ended.end_date AS valid_until_on,
    ended.entered_at AS recorded_at
FROM c_protect_end AS ended
INNER JOIN protect ON ended.prot_id = protect.prot_id
WHERE ended.entered_at >= :since AND ended.entered_at < :until
