-- connection: ledger
-- One account for each household. Voltage and capacity mean nothing here; the ledger has one village and one tariff.
-- Assumed: on the books since 2023.
SELECT
    hh_id AS account_id,
    hh_id AS customer_id,
    'village' AS district,
    NULL AS voltage_class,
    'residential' AS tariff,
    NULL AS industry,
    NULL AS contracted_capacity_kva,
    '2023-01-01' AS opened_on,
    NULL AS closed_on,
    '2023-01-01 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE TIMESTAMP '2023-01-01 00:00:00' >= :since AND TIMESTAMP '2023-01-01 00:00:00' < :until
