-- grain:  one row per account that was open at some time in the month that ends as :as_of begins, in order of account
-- inputs: cohort (as of :first_on, the first of that month), bill_issued, payment_made, adjustment_booked, bill_axis, allocation,
--         contested_bill, debt, all as they are known at :as_of
-- rule:   amounts booked are those of all time: what a month booked is the difference of two of these tables, so that an entry
--         that comes late counts in the month in which it became known, as in any ledger. Opening + billed - paid - credited -
--         written off = open - credit balance. Due: bills, not in dispute, that fell due in the month; of them what was
--         paid by the end of the month and, narrower, by the due date. What was written off was due, and never paid.
WITH billed AS (
    SELECT account_no, sum(cents) AS cents
    FROM bill_issued
    GROUP BY account_no
),
paid AS (
    SELECT account_no, sum(cents) AS cents
    FROM payment_made
    WHERE undone_on IS NULL
    GROUP BY account_no
),
adjusted AS (
    SELECT
        account_no,
        sum(cents) FILTER (WHERE kind = 'opening_balance') AS opening_cents,
        sum(cents) FILTER (WHERE kind = 'credit') AS credited_cents,
        sum(cents) FILTER (WHERE kind = 'write_off') AS written_off_cents
    FROM adjustment_booked
    GROUP BY account_no
),
sum_due AS (
    SELECT account_no, bill_no, due_on, cents, paid_on
    FROM allocation
    WHERE bill_no IS NOT NULL
    UNION ALL
    SELECT account_no, bill_no, due_on, written_off_cents, NULL
    FROM bill_axis
),
due AS (
    SELECT
        account_no,
        sum(cents) AS due_cents,
        sum(cents) FILTER (WHERE paid_on IS NOT NULL) AS collected_cents,
        sum(cents) FILTER (WHERE paid_on <= due_on) AS in_time_cents
    FROM sum_due
    WHERE due_on >= CAST(:first_on AS DATE)
      AND due_on < CAST(:as_of AS DATE)
      AND NOT EXISTS (
          SELECT 1 FROM contested_bill
          WHERE contested_bill.account_no = sum_due.account_no AND contested_bill.bill_no = sum_due.bill_no
      )
    GROUP BY account_no
),
amount AS (
    SELECT
        cohort.*,
        coalesce(adjusted.opening_cents, 0) AS opening_cents,
        coalesce(billed.cents, 0) AS billed_cents,
        coalesce(paid.cents, 0) AS paid_cents,
        coalesce(adjusted.credited_cents, 0) AS credited_cents,
        coalesce(adjusted.written_off_cents, 0) AS written_off_cents,
        coalesce(due.due_cents, 0) AS due_cents,
        coalesce(due.collected_cents, 0) AS collected_cents,
        coalesce(due.in_time_cents, 0) AS in_time_cents,
        coalesce(debt.open_cents, 0) AS open_cents,
        coalesce(debt.credit_cents, 0) AS credit_cents,
        coalesce(debt.disputed_cents, 0) AS disputed_cents,
        coalesce(debt.ageing_current_cents, 0) AS current_cents,
        coalesce(debt.ageing_1_30_cents, 0) AS days_1_30_cents,
        coalesce(debt.ageing_31_60_cents, 0) AS days_31_60_cents,
        coalesce(debt.ageing_61_90_cents, 0) AS days_61_90_cents,
        coalesce(debt.ageing_91_180_cents, 0) AS days_91_180_cents,
        coalesce(debt.ageing_181_360_cents, 0) AS days_181_360_cents,
        coalesce(debt.ageing_over_360_cents, 0) AS days_over_360_cents
    FROM cohort
    LEFT JOIN billed ON billed.account_no = cohort.account_no
    LEFT JOIN paid ON paid.account_no = cohort.account_no
    LEFT JOIN adjusted ON adjusted.account_no = cohort.account_no
    LEFT JOIN due ON due.account_no = cohort.account_no
    LEFT JOIN debt ON debt.account_no = cohort.account_no
)
SELECT
    account_id,
    CAST(:as_of AS DATE) AS as_of,
    slot,
    segment,
    district,
    voltage_class,
    tariff,
    CAST(CAST(opening_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS opening_balance_amount,
    CAST(CAST(billed_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS billed_amount,
    CAST(CAST(paid_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS paid_amount,
    CAST(CAST(credited_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS credited_amount,
    CAST(CAST(written_off_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS written_off_amount,
    CAST(CAST(due_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS due_amount,
    CAST(CAST(collected_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS collected_amount,
    CAST(CAST(in_time_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS in_time_amount,
    CAST(CAST(open_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS open_amount,
    CAST(CAST(credit_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS credit_amount,
    CAST(CAST(disputed_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS disputed_amount,
    CAST(CAST(current_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS current_amount,
    CAST(CAST(days_1_30_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_1_30_amount,
    CAST(CAST(days_31_60_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_31_60_amount,
    CAST(CAST(days_61_90_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_61_90_amount,
    CAST(CAST(days_91_180_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_91_180_amount,
    CAST(CAST(days_181_360_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_181_360_amount,
    CAST(CAST(days_over_360_cents AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS days_over_360_amount
FROM amount
ORDER BY account_id
