-- connection: drop
-- A customer becomes known with the first invoice. The file has no names: the number stands for one.
WITH dated AS (
    SELECT customerID, try_strptime(InvoiceDate, '%m/%d/%Y') AS invoiced_at FROM invoice
),
first_seen AS (
    SELECT customerID, min(invoiced_at) AS recorded_at
    FROM dated
    WHERE invoiced_at >= TIMESTAMP '1900-01-01 00:00:00'  -- a year of two digits is a slip, and would be the first
    GROUP BY customerID
)
SELECT
    customerID AS customer_id,
    customerID AS name,
    'en' AS language,
    recorded_at
FROM first_seen
WHERE recorded_at >= :since AND recorded_at < :until
