-- connection: drop
-- The file says that an invoice was disputed, not when. Assumed: the dispute shows when the invoice is not paid by its
-- due date, and ends when it is settled. One that was paid in time never held anything up and is left out.
WITH disputed AS (
    SELECT
        *,
        try_strptime(DueDate, '%m/%d/%Y') + INTERVAL 1 DAY AS opened_at,
        try_strptime(SettledDate, '%m/%d/%Y') AS settled_at
    FROM invoice
    WHERE Disputed = 'Yes'
),
version AS (
    SELECT *, opened_at AS recorded_at, CAST(NULL AS DATE) AS closed_on FROM disputed
    WHERE settled_at IS NULL OR settled_at > opened_at
    UNION ALL
    SELECT *, settled_at, CAST(settled_at AS DATE) FROM disputed WHERE settled_at > opened_at
)
SELECT
    'dispute-' || invoiceNumber AS dispute_id,
    customerID AS account_id,
    invoiceNumber AS bill_id,
    CAST(opened_at AS DATE) AS opened_on,
    closed_on,
    recorded_at,
    _file AS source_file,
    _row AS source_row
FROM version
WHERE recorded_at >= :since AND recorded_at < :until
