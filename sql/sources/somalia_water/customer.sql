-- connection: ledger
-- A household is its own customer, and its number stands for a name. Assumed: on the books since 2023.
SELECT
    hh_id AS customer_id,
    'Household ' || hh_id AS name,
    'en' AS language,
    'person' AS kind,
    '2023-01-01 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE TIMESTAMP '2023-01-01 00:00:00' >= :since AND TIMESTAMP '2023-01-01 00:00:00' < :until
