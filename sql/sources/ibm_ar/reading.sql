-- connection: drop
-- A receivables ledger has no meter readings.
SELECT NULL AS account_id, NULL AS read_on, NULL AS energy_wh, NULL AS quality, NULL AS recorded_at
WHERE FALSE
