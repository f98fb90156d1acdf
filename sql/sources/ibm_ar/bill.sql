-- connection: drop
-- An invoice is recorded on its own date. Its settled date, days to settle and days late are the future: not here.
-- It covers no period, so its period is the day it was issued. A date that cannot be read is passed on as it stands.
WITH dated AS (
    SELECT
        *,
        try_strptime(InvoiceDate, '%m/%d/%Y') AS invoiced_at,
        coalesce(CAST(CAST(try_strptime(InvoiceDate, '%m/%d/%Y') AS DATE) AS VARCHAR), InvoiceDate) AS invoiced_on,
        coalesce(CAST(CAST(try_strptime(DueDate, '%m/%d/%Y') AS DATE) AS VARCHAR), DueDate) AS due_on
    FROM invoice
)
SELECT
    invoiceNumber AS bill_id,
    customerID AS account_id,
    invoiced_on AS issued_on,
    invoiced_on AS period_start_on,
    invoiced_on AS period_end_on,
    due_on,
    InvoiceAmount AS amount,
    NULL AS energy_wh,
    'issued' AS status,
    coalesce(CAST(invoiced_at AS VARCHAR), InvoiceDate) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM dated
WHERE invoiced_at IS NULL OR (invoiced_at >= :since AND invoiced_at < :until)
