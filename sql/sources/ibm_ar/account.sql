-- connection: drop
-- One account for each customer, opened with its first invoice; its district is the country of that invoice. What a
-- receivables ledger does not have (voltage, tariff, capacity) is declared missing.
WITH dated AS (
    SELECT *, try_strptime(InvoiceDate, '%m/%d/%Y') AS invoiced_at FROM invoice
),
first_seen AS (
    SELECT
        customerID,
        arg_min(countryCode, (invoiced_at, invoiceNumber)) AS countryCode,
        min(invoiced_at) AS recorded_at
    FROM dated
    WHERE invoiced_at >= TIMESTAMP '1900-01-01 00:00:00'  -- a year of two digits is a slip, and would be the first
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
