-- connection: drop
-- A household becomes known with its first read. The file has no names: the number stands for one.
WITH first_read AS (
    SELECT
        customer_id,
        min(TRY_CAST(reading_datetime AS TIMESTAMP)) AT TIME ZONE 'Australia/Brisbane' - INTERVAL 30 MINUTE AS first_at
    FROM halfhour
    GROUP BY customer_id
)
SELECT
    customer_id,
    customer_id AS name,
    'en' AS language,
    'person' AS kind,
    first_at AS recorded_at
FROM first_read
WHERE first_at AT TIME ZONE 'Australia/Sydney' >= :since AND first_at AT TIME ZONE 'Australia/Sydney' < :until
