-- grain: one row per customer and version
-- key:   customer_id
-- slot:  customer_id
-- optional: kind
SELECT
    customer_id,
    name,
    language,
    kind,
    recorded_at,
    CASE
        WHEN customer_id IS NULL THEN 'customer_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN name IS NULL THEN 'name.missing'
        WHEN language NOT IN ('zh-CN', 'en') THEN 'language.unknown'
        WHEN kind NOT IN ('person', 'organisation') THEN 'kind.unknown'
    END AS broken_rule
FROM staged
