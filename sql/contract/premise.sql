-- grain: one row per place that is supplied and version
-- key:   premise_id
-- slot:  premise_id
-- optional: district, address, postcode
SELECT
    premise_id,
    district,
    address,
    postcode,
    recorded_at,
    CASE
        WHEN premise_id IS NULL THEN 'premise_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
    END AS broken_rule
FROM staged
