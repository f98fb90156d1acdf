-- connection: billing
-- Grain: one row per version of an account: as opened, and again when it is closed.
-- The district is the supply organisation; codes of voltage and of use are those of the marketing system. An unknown
-- code is passed on as it stands: the contract says what is wrong.
WITH supply AS (
    SELECT
        cons.cons_id,
        cons.cons_no AS account_id,
        CAST(cons.cust_id AS VARCHAR(20)) AS customer_id,
        CASE cons.org_no
            WHEN '01' THEN '云溪' WHEN '02' THEN '临江' WHEN '03' THEN '东湖新区' WHEN '04' THEN '西岭'
            WHEN '05' THEN '南桥' WHEN '06' THEN '北苑' WHEN '07' THEN '石湾' WHEN '08' THEN '青岚县'
            WHEN '09' THEN '白杨县' WHEN '10' THEN '清水县' WHEN '11' THEN '高新开发区' WHEN '12' THEN '柳林矿区'
            ELSE cons.org_no
        END AS district,
        CASE cons.volt_code
            WHEN 'AC03802' THEN '<1kV' WHEN 'AC00101' THEN '1-10kV' WHEN 'AC00201' THEN '20kV'
            WHEN 'AC00351' THEN '35kV' WHEN 'AC01101' THEN '110kV' WHEN 'AC02201' THEN '220kV+'
            ELSE cons.volt_code
        END AS voltage_class,
        CASE cons.elec_type_code
            WHEN '100' THEN 'large_industrial' WHEN '200' THEN 'residential'
            WHEN '300' THEN 'agricultural' WHEN '400' THEN 'general_commercial'
            ELSE cons.elec_type_code
        END AS tariff,
        cons.trade_code AS industry,
        CAST(cons.contract_cap AS VARCHAR(20)) || '.00' AS contracted_capacity_kva,
        cons.build_date AS opened_on,
        CAST(cons.prem_id AS VARCHAR(20)) AS premise_id,
        CAST(cons.guar_cust_id AS VARCHAR(20)) AS guarantor_customer_id,
        CASE cons.occ_code WHEN '01' THEN 'owner' WHEN '02' THEN 'tenant' ELSE cons.occ_code END AS occupancy,
        CASE cons.settle_mode
            WHEN '01' THEN 'postpay' WHEN '02' THEN 'prepay' WHEN '03' THEN 'split_settlement' WHEN '04' THEN 'direct_debit'
            ELSE cons.settle_mode
        END AS payment_mode,
        cons.entered_at
    FROM c_cons AS cons
)

SELECT
    account_id,
    customer_id,
    district,
    voltage_class,
    tariff,
    industry,
    contracted_capacity_kva,
    opened_on,
    NULL AS closed_on,
    premise_id,
    guarantor_customer_id,
    occupancy,
    payment_mode,
    entered_at AS recorded_at
FROM supply
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    supply.account_id,
    supply.customer_id,
    supply.district,
    supply.voltage_class,
    supply.tariff,
    supply.industry,
    supply.contracted_capacity_kva,
    supply.opened_on,
    shut.close_date AS closed_on,
    supply.premise_id,
    supply.guarantor_customer_id,
    supply.occupancy,
    supply.payment_mode,
    shut.entered_at AS recorded_at
FROM c_cons_close AS shut
INNER JOIN supply ON shut.cons_id = supply.cons_id
WHERE shut.entered_at >= :since AND shut.entered_at < :until
