-- grain:  one row per month, ageing bucket at its start and ageing bucket at its end
-- inputs: books (of the firsts of months, from that of the first month on)
-- rule:   an account stands in the bucket of its oldest open bill, disputed ones left out; `clear` owes nothing, `left` closed before
--         the month and is in the books no more, `new` was in no books at its start. Buckets: days past due.
WITH placed AS (
    SELECT
        account_id,
        as_of,
        current_amount + days_1_30_amount + days_31_60_amount + days_61_90_amount + days_91_180_amount
            + days_181_360_amount + days_over_360_amount AS owed_amount,
        CASE
            WHEN days_over_360_amount > 0 THEN 'over_360'
            WHEN days_181_360_amount > 0 THEN '181_360'
            WHEN days_91_180_amount > 0 THEN '91_180'
            WHEN days_61_90_amount > 0 THEN '61_90'
            WHEN days_31_60_amount > 0 THEN '31_60'
            WHEN days_1_30_amount > 0 THEN '1_30'
            WHEN current_amount > 0 THEN 'current'
            ELSE 'clear'
        END AS bucket
    FROM books
),
opening AS (
    SELECT *, CAST(as_of + INTERVAL 1 MONTH AS DATE) AS ends_on
    FROM placed
    WHERE as_of >= CAST(:first_on AS DATE) AND as_of < CAST(:until_on AS DATE)
),
moved AS (
    SELECT
        coalesce(CAST(closing.as_of - INTERVAL 1 MONTH AS DATE), opening.as_of) AS month,
        coalesce(opening.bucket, 'new') AS bucket_before,
        coalesce(closing.bucket, 'left') AS bucket_after,
        coalesce(opening.owed_amount, 0) AS owed_before_amount,
        coalesce(closing.owed_amount, 0) AS owed_after_amount
    FROM opening
    FULL JOIN (
        SELECT * FROM placed WHERE as_of > CAST(:first_on AS DATE) AND as_of <= CAST(:until_on AS DATE)
    ) AS closing
        ON closing.account_id = opening.account_id AND closing.as_of = opening.ends_on
)
SELECT
    month,
    bucket_before,
    bucket_after,
    count(*) AS accounts,
    CAST(sum(owed_before_amount) AS DECIMAL(18, 2)) AS owed_before_amount,
    CAST(sum(owed_after_amount) AS DECIMAL(18, 2)) AS owed_after_amount
FROM moved
WHERE month IN (SELECT as_of FROM books) AND CAST(month + INTERVAL 1 MONTH AS DATE) IN (SELECT as_of FROM books)
GROUP BY month, bucket_before, bucket_after
ORDER BY month, bucket_before, bucket_after
