-- connection: drop
-- One account for each customer, opened with its first invoice; its district is the country. What a receivables
-- ledger does not have (voltage, tariff, capacity) is declared missing.
WITH first_seen AS (
    SELECT customerID, min(countryCode) AS countryCode, min(try_strptime(InvoiceDate, '%m/%d/%Y')) AS recorded_at
    FROM invoice
    GROUP BY customerID
)
SELECT
    customerID AS account_id,
    customerID AS customer_id,
    countryCode AS district,
    NULL AS voltage_class,
    NULL AS tariff,
    NULL AS industry,
    NULL AS contracted_capacity_kva,
    CAST(recorded_at AS DATE) AS opened_on,
    NULL AS closed_on,
    recorded_at
FROM first_seen
WHERE recorded_at >= :since AND recorded_at < :until
