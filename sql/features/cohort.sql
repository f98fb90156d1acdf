-- grain:  one row per open account: opened before as-of, not closed before it
-- inputs: account_known
-- rule:   `account_no` numbers the accounts in the order of their ids: what comes after sorts and groups by a number.
SELECT
    CAST(row_number() OVER (ORDER BY account_id) AS INTEGER) AS account_no,
    account_id,
    customer_id,
    guarantor_customer_id,
    premise_id,
    slot,
    district,
    voltage_class,
    tariff,
    industry,
    contracted_capacity_kva,
    occupancy,
    payment_mode AS payment_mode_in_force,
    payment_mode = 'direct_debit' AS is_direct_debit,
    CAST(:as_of AS DATE) - opened_on AS account_age_days
FROM account_known
WHERE closed_on IS NULL OR closed_on >= CAST(:as_of AS DATE)
