-- grain:  one row per open account: opened before as-of, not closed before it
-- inputs: account_known, account_number
SELECT
    account_number.account_no,
    account_known.account_id,
    account_known.customer_id,
    account_known.guarantor_customer_id,
    account_known.premise_id,
    account_known.slot,
    account_known.district,
    account_known.voltage_class,
    account_known.tariff,
    CASE
        WHEN account_known.voltage_class <> '<1kV' THEN 'high_voltage'
        WHEN account_known.tariff = 'residential' THEN 'residential'
        WHEN account_known.tariff IS NOT NULL THEN 'business'
    END AS segment,
    account_known.industry,
    account_known.contracted_capacity_kva,
    account_known.occupancy,
    account_known.payment_mode AS payment_mode_in_force,
    account_known.payment_mode = 'direct_debit' AS is_direct_debit,
    CAST(:as_of AS DATE) - account_known.opened_on AS account_age_days
FROM account_known
JOIN account_number ON account_number.account_id = account_known.account_id
WHERE account_known.closed_on IS NULL OR account_known.closed_on >= CAST(:as_of AS DATE)
