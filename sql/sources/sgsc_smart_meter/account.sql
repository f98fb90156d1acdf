-- connection: drop
-- One account for each household, opened on the day of its first read. What a meter's file does not have (district, voltage,
-- tariff) is declared: all are households of one trial on the low-voltage grid.
WITH first_read AS (
    SELECT
        customer_id,
        min(TRY_CAST(reading_datetime AS TIMESTAMP)) AT TIME ZONE 'Australia/Brisbane' - INTERVAL 30 MINUTE AS first_at
    FROM halfhour
    GROUP BY customer_id
)
SELECT
    customer_id AS account_id,
    customer_id,
    'trial' AS district,
    '<1kV' AS voltage_class,
    'residential' AS tariff,
    NULL AS industry,
    NULL AS contracted_capacity_kva,
    CAST(first_at AT TIME ZONE 'Australia/Sydney' AS DATE) AS opened_on,
    NULL AS closed_on,
    first_at AS recorded_at
FROM first_read
WHERE first_at AT TIME ZONE 'Australia/Sydney' >= :since AND first_at AT TIME ZONE 'Australia/Sydney' < :until
