-- grain:  one row per open account whose money does not add up
-- inputs: cohort, bill_issued, payment_made, adjustment_booked, own_features
-- rule:   opening + billed - paid - credited - written off = open debt - credit balance, to the cent
WITH entry AS (
    SELECT account_no, cents
    FROM bill_issued
    UNION ALL
    SELECT account_no, -cents
    FROM payment_made
    WHERE undone_on IS NULL
    UNION ALL
    SELECT account_no, CASE WHEN kind = 'opening_balance' THEN cents ELSE -cents END
    FROM adjustment_booked
),
booked AS (
    SELECT account_no, sum(cents) AS cents
    FROM entry
    GROUP BY account_no
),
told AS (
    SELECT
        cohort.account_id,
        coalesce(booked.cents, 0) AS booked_cents,
        coalesce(CAST((own_features.open_amount - own_features.credit_amount) * 100 AS BIGINT), 0) AS told_cents
    FROM cohort
    LEFT JOIN booked ON booked.account_no = cohort.account_no
    LEFT JOIN own_features ON own_features.account_id = cohort.account_id
)
SELECT account_id AS place, booked_cents - told_cents AS difference_cents
FROM told
WHERE booked_cents <> told_cents
