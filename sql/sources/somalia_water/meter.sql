-- connection: ledger
-- One water meter for each household. Assumed: there since 2023. Its dial has five digits of whole cubic metres, 1,000 litres.
SELECT
    hh_id AS account_id,
    hh_id AS meter_id,
    '2023-01-01' AS installed_on,
    5 AS register_digits,
    1000 AS register_unit_wh,
    '2023-01-01 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE TIMESTAMP '2023-01-01 00:00:00' >= :since AND TIMESTAMP '2023-01-01 00:00:00' < :until
