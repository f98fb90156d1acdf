-- grain: one row per dispute of one bill and version; its end is a version with `closed_on`
-- key:   dispute_id
-- event: opened_on
-- slot:  account_id
-- references: account_id account
-- ahead: closed_on
SELECT
    dispute_id,
    account_id,
    bill_id,
    TRY_CAST(opened_on AS DATE) AS opened_on,
    TRY_CAST(closed_on AS DATE) AS closed_on,
    recorded_at,
    CASE
        WHEN dispute_id IS NULL THEN 'dispute_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN bill_id IS NULL THEN 'bill_id.missing'
        WHEN TRY_CAST(opened_on AS DATE) IS NULL THEN 'opened_on.not_a_date'
        WHEN closed_on IS NOT NULL AND TRY_CAST(closed_on AS DATE) IS NULL THEN 'closed_on.not_a_date'
        WHEN TRY_CAST(closed_on AS DATE) < TRY_CAST(opened_on AS DATE) THEN 'closed_on.before_opening'
    END AS broken_rule
FROM staged
