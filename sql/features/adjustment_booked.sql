-- grain:  one row per credit, write-off or opening balance of an open account that was not withdrawn
-- inputs: cohort, adjustment_known, bill_issued
-- rule:   a credit or write-off that names a bill takes from that bill first (`taken_cents`), credits before write-offs, then
--         in the order in which they were booked; what the bill has no room for goes on as money (`money_cents`), as does one
--         that names no bill that stands. An opening balance below zero is money. One above it is a bill (`bill_cents`).
WITH booked AS (
    SELECT
        cohort.account_no,
        adjustment_known.adjustment_id,
        adjustment_known.kind,
        adjustment_known.bill_id,
        adjustment_known.adjusted_on,
        coalesce(adjustment_known.due_on, adjustment_known.adjusted_on) AS due_on,
        CAST(adjustment_known.amount * 100 AS BIGINT) AS cents
    FROM adjustment_known
    JOIN cohort ON cohort.account_id = adjustment_known.account_id
    WHERE adjustment_known.status = 'booked'
),
named AS (
    SELECT booked.account_no, booked.bill_id, max(bill_issued.cents) AS room_cents
    FROM bill_issued
    JOIN booked ON booked.account_no = bill_issued.account_no AND booked.bill_id = bill_issued.bill_id
    GROUP BY booked.account_no, booked.bill_id
),
filled AS (
    SELECT
        booked.*,
        named.room_cents,
        sum(booked.cents) OVER (
            PARTITION BY booked.account_no, booked.bill_id
            ORDER BY booked.kind, booked.adjusted_on, booked.adjustment_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS upto_cents
    FROM booked
    LEFT JOIN named ON named.account_no = booked.account_no AND named.bill_id = booked.bill_id
),
taken AS (
    SELECT
        *,
        CASE WHEN room_cents IS NULL THEN 0
            ELSE least(upto_cents, room_cents) - least(upto_cents - cents, room_cents)
        END AS taken_cents
    FROM filled
)
SELECT
    account_no,
    adjustment_id,
    kind,
    bill_id,
    adjusted_on,
    due_on,
    cents,
    CAST(taken_cents AS BIGINT) AS taken_cents,
    CAST(CASE WHEN kind = 'opening_balance' THEN greatest(-cents, 0) ELSE cents - taken_cents END AS BIGINT) AS money_cents,
    CASE WHEN kind = 'opening_balance' THEN greatest(cents, 0) ELSE 0 END AS bill_cents
FROM taken
