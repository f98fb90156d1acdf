-- grain: one row per customer and version
-- key:   customer_id
-- slot:  customer_id
SELECT
    customer_id,
    name,
    language,
    recorded_at,
    CASE
        WHEN customer_id IS NULL THEN 'customer_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN name IS NULL THEN 'name.missing'
        WHEN language NOT IN ('zh-CN', 'en') THEN 'language.unknown'
    END AS broken_rule
FROM staged
