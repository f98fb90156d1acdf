-- connection: ledger
-- Grain: one bill per household, over nothing where nothing was charged. Assumed: the cycle is January 2024, issued on the
-- 1st of February, due on the 15th. Use in litres; what is no number is passed on as it stands.
SELECT
    'bill-' || hh_id AS bill_id,
    hh_id AS account_id,
    '2024-02-01' AS issued_on,
    '2024-01-01' AS period_start_on,
    '2024-01-31' AS period_end_on,
    '2024-02-15' AS due_on,
    current_bill_usd AS amount,
    coalesce(
        CAST(CAST(TRY_CAST(consumption_m3 AS DECIMAL(18, 3)) * 1000 AS BIGINT) AS VARCHAR), consumption_m3
    ) AS energy_wh,
    'issued' AS status,
    'use' AS kind,
    'USD' AS currency,
    '2024-02-01 00:00:00' AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM household
WHERE TIMESTAMP '2024-02-01 00:00:00' >= :since AND TIMESTAMP '2024-02-01 00:00:00' < :until
