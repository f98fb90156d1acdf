-- connection: drop
-- One meter for each household, there since its first read. It reports use by the half hour and shows no register.
WITH first_read AS (
    SELECT
        customer_id,
        min(TRY_CAST(reading_datetime AS TIMESTAMP)) AT TIME ZONE 'Australia/Brisbane' - INTERVAL 30 MINUTE AS first_at
    FROM halfhour
    GROUP BY customer_id
)
SELECT
    customer_id AS account_id,
    customer_id AS meter_id,
    CAST(first_at AT TIME ZONE 'Australia/Sydney' AS DATE) AS installed_on,
    first_at AS recorded_at
FROM first_read
WHERE first_at AT TIME ZONE 'Australia/Sydney' >= :since AND first_at AT TIME ZONE 'Australia/Sydney' < :until
