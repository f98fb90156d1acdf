-- connection: drop
-- The settlement of an invoice is a payment event of its own, known from the settled date on.
WITH settled AS (
    SELECT *, try_strptime(SettledDate, '%m/%d/%Y') AS settled_at
    FROM invoice
    WHERE trim(coalesce(SettledDate, '')) <> ''
)
SELECT
    'settled-' || invoiceNumber AS payment_id,
    customerID AS account_id,
    coalesce(CAST(CAST(settled_at AS DATE) AS VARCHAR), SettledDate) AS paid_on,
    InvoiceAmount AS amount,
    NULL AS channel,
    NULL AS reverses_payment_id,
    coalesce(CAST(settled_at AS VARCHAR), SettledDate) AS recorded_at,
    _file AS source_file,
    _row AS source_row
FROM settled
WHERE settled_at IS NULL OR (settled_at >= :since AND settled_at < :until)
