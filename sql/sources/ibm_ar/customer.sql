-- connection: drop
-- A customer becomes known with the first invoice. The file has no names: the number stands for one.
WITH first_seen AS (
    SELECT customerID, min(try_strptime(InvoiceDate, '%m/%d/%Y')) AS recorded_at FROM invoice GROUP BY customerID
)
SELECT
    customerID AS customer_id,
    customerID AS name,
    'en' AS language,
    recorded_at
FROM first_seen
WHERE recorded_at >= :since AND recorded_at < :until
