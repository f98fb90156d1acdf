-- grain:  one row per open account that is protected at as-of
-- inputs: cohort, protection_known
-- rule:   protections bar what hurts: no card scores them and no warning level reads them.
SELECT
    cohort.account_no,
    TRUE AS is_protected,
    count(*) FILTER (WHERE protection_known.kind = 'medical') > 0 AS is_medically_protected,
    count(*) FILTER (WHERE protection_known.kind = 'elderly') > 0 AS is_elderly_protected,
    count(*) FILTER (WHERE protection_known.kind = 'young_children') > 0 AS is_child_protected,
    count(*) FILTER (WHERE protection_known.kind = 'low_income') > 0 AS is_low_income_protected,
    count(*) FILTER (WHERE protection_known.kind = 'other_vulnerable') > 0 AS is_otherwise_protected,
    count(*) FILTER (WHERE protection_known.kind = 'important_user') > 0 AS is_important_user,
    count(*) FILTER (WHERE protection_known.kind = 'high_risk_user') > 0 AS is_high_risk_user,
    count(*) FILTER (WHERE protection_known.kind = 'continuous_process') > 0 AS is_continuous_process_user
FROM protection_known
JOIN cohort ON cohort.account_id = protection_known.account_id
WHERE protection_known.valid_until_on IS NULL OR protection_known.valid_until_on >= CAST(:as_of AS DATE)
GROUP BY cohort.account_no
