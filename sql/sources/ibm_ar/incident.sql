-- connection: drop
-- A receivables ledger has no incidents.
SELECT NULL AS incident_id, NULL AS account_id, NULL AS kind, NULL AS confirmed_on, NULL AS status, NULL AS recorded_at
WHERE FALSE
