-- grain: one row per account and version
-- key:   account_id
-- event: opened_on
-- slot:  account_id
-- optional: premise_id, guarantor_customer_id, occupancy, payment_mode
-- ahead: opened_on
-- open_ended: closed_on
SELECT
    account_id,
    customer_id,
    district,
    voltage_class,
    tariff,
    industry,
    TRY_CAST(contracted_capacity_kva AS DECIMAL(12, 2)) AS contracted_capacity_kva,
    TRY_CAST(opened_on AS DATE) AS opened_on,
    TRY_CAST(closed_on AS DATE) AS closed_on,
    premise_id,
    guarantor_customer_id,
    occupancy,
    payment_mode,
    recorded_at,
    CASE
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN customer_id IS NULL THEN 'customer_id.missing'
        WHEN district IS NULL THEN 'district.missing'
        WHEN voltage_class NOT IN ('<1kV', '1-10kV', '20kV', '35kV', '110kV', '220kV+') THEN 'voltage_class.unknown'
        WHEN tariff NOT IN ('residential', 'agricultural', 'general_commercial', 'large_industrial') THEN 'tariff.unknown'
        WHEN contracted_capacity_kva IS NOT NULL AND TRY_CAST(contracted_capacity_kva AS DECIMAL(12, 2)) IS NULL
            THEN 'contracted_capacity_kva.not_a_number'
        WHEN TRY_CAST(contracted_capacity_kva AS DECIMAL(12, 2)) < 0 THEN 'contracted_capacity_kva.negative'
        WHEN TRY_CAST(opened_on AS DATE) IS NULL THEN 'opened_on.not_a_date'
        WHEN closed_on IS NOT NULL AND TRY_CAST(closed_on AS DATE) IS NULL THEN 'closed_on.not_a_date'
        WHEN TRY_CAST(closed_on AS DATE) < TRY_CAST(opened_on AS DATE) THEN 'closed_on.before_opening'
        WHEN guarantor_customer_id = customer_id THEN 'guarantor_customer_id.the_customer'
        WHEN occupancy NOT IN ('owner', 'tenant') THEN 'occupancy.unknown'
        WHEN payment_mode NOT IN ('postpay', 'prepay', 'split_settlement', 'direct_debit') THEN 'payment_mode.unknown'
    END AS broken_rule
FROM staged
