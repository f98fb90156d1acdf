-- grain:  one row per open account: opened before as-of, not closed before it
-- inputs: account_known
SELECT
    account_id,
    customer_id,
    slot,
    district,
    voltage_class,
    tariff,
    industry,
    contracted_capacity_kva,
    CAST(:as_of AS DATE) - opened_on AS account_age_days
FROM account_known
WHERE closed_on IS NULL OR closed_on >= CAST(:as_of AS DATE)
