-- grain:  one row per month (of which the books of both ends stand), dimension and part of it
-- inputs: books (of the firsts of months, from that of the first month on)
-- rule:   a month is booked as the difference of the books at its ends: opening + brought in + billed - paid - credited -
--         written off = closing, each open debt less credit balances. DSO = receivables at the end / billed x days of the month.
--         CEI = (receivables at the start + billed - receivables at the end) / (receivables at the start + billed - of those at
--         the end what is not due yet); what is in dispute cannot be collected and counts as not due. Collection rate =
--         collected / due: of what fell due in the month, the share paid by its end.
WITH month AS (
    SELECT
        CAST(closing.as_of - INTERVAL 1 MONTH AS DATE) AS month,
        closing.as_of - CAST(closing.as_of - INTERVAL 1 MONTH AS DATE) AS days,
        closing.segment,
        closing.district,
        closing.voltage_class,
        closing.tariff,
        coalesce(opening.open_amount, 0) AS opening_amount,
        coalesce(opening.credit_amount, 0) AS opening_credit_amount,
        closing.opening_balance_amount - coalesce(opening.opening_balance_amount, 0) AS brought_in_amount,
        closing.billed_amount - coalesce(opening.billed_amount, 0) AS billed_amount,
        closing.paid_amount - coalesce(opening.paid_amount, 0) AS paid_amount,
        closing.credited_amount - coalesce(opening.credited_amount, 0) AS credited_amount,
        closing.written_off_amount - coalesce(opening.written_off_amount, 0) AS written_off_amount,
        closing.open_amount AS closing_amount,
        closing.credit_amount AS closing_credit_amount,
        closing.disputed_amount,
        closing.current_amount,
        closing.days_1_30_amount,
        closing.days_31_60_amount,
        closing.days_61_90_amount,
        closing.days_91_180_amount,
        closing.days_181_360_amount,
        closing.days_over_360_amount,
        closing.due_amount,
        closing.collected_amount,
        closing.in_time_amount
    FROM books AS closing
    LEFT JOIN books AS opening
        ON opening.account_id = closing.account_id
        AND opening.as_of = CAST(closing.as_of - INTERVAL 1 MONTH AS DATE)
    WHERE CAST(closing.as_of - INTERVAL 1 MONTH AS DATE) IN (SELECT as_of FROM books)
      AND closing.as_of > CAST(:first_on AS DATE)
      AND closing.as_of <= CAST(:until_on AS DATE)
),
told AS (
    SELECT
        month,
        any_value(days) AS days,
        CASE
            WHEN grouping(segment) = 0 THEN 'segment'
            WHEN grouping(district) = 0 THEN 'district'
            WHEN grouping(voltage_class) = 0 THEN 'voltage_class'
            WHEN grouping(tariff) = 0 THEN 'tariff'
            ELSE 'all'
        END AS dimension,
        CASE
            WHEN grouping(segment) = 0 THEN segment
            WHEN grouping(district) = 0 THEN district
            WHEN grouping(voltage_class) = 0 THEN voltage_class
            WHEN grouping(tariff) = 0 THEN tariff
        END AS part,
        count(*) AS accounts,
        CAST(sum(opening_amount) AS DECIMAL(18, 2)) AS opening_amount,
        CAST(sum(opening_credit_amount) AS DECIMAL(18, 2)) AS opening_credit_amount,
        CAST(sum(brought_in_amount) AS DECIMAL(18, 2)) AS brought_in_amount,
        CAST(sum(billed_amount) AS DECIMAL(18, 2)) AS billed_amount,
        CAST(sum(paid_amount) AS DECIMAL(18, 2)) AS paid_amount,
        CAST(sum(credited_amount) AS DECIMAL(18, 2)) AS credited_amount,
        CAST(sum(written_off_amount) AS DECIMAL(18, 2)) AS written_off_amount,
        CAST(sum(closing_amount) AS DECIMAL(18, 2)) AS closing_amount,
        CAST(sum(closing_credit_amount) AS DECIMAL(18, 2)) AS closing_credit_amount,
        CAST(sum(disputed_amount) AS DECIMAL(18, 2)) AS disputed_amount,
        CAST(sum(current_amount) AS DECIMAL(18, 2)) AS current_amount,
        CAST(sum(days_1_30_amount) AS DECIMAL(18, 2)) AS days_1_30_amount,
        CAST(sum(days_31_60_amount) AS DECIMAL(18, 2)) AS days_31_60_amount,
        CAST(sum(days_61_90_amount) AS DECIMAL(18, 2)) AS days_61_90_amount,
        CAST(sum(days_91_180_amount) AS DECIMAL(18, 2)) AS days_91_180_amount,
        CAST(sum(days_181_360_amount) AS DECIMAL(18, 2)) AS days_181_360_amount,
        CAST(sum(days_over_360_amount) AS DECIMAL(18, 2)) AS days_over_360_amount,
        CAST(sum(due_amount) AS DECIMAL(18, 2)) AS due_amount,
        CAST(sum(collected_amount) AS DECIMAL(18, 2)) AS collected_amount,
        CAST(sum(in_time_amount) AS DECIMAL(18, 2)) AS in_time_amount
    FROM month
    GROUP BY month, GROUPING SETS ((), (segment), (district), (voltage_class), (tariff))
)
SELECT
    *,
    CAST(closing_amount AS DOUBLE) * days / nullif(CAST(billed_amount AS DOUBLE), 0) AS dso_days,
    CAST(opening_amount + billed_amount - closing_amount AS DOUBLE)
        / nullif(CAST(opening_amount + billed_amount - current_amount - disputed_amount AS DOUBLE), 0) AS cei_share,
    CAST(collected_amount AS DOUBLE) / nullif(CAST(due_amount AS DOUBLE), 0) AS collection_share,
    CAST(in_time_amount AS DOUBLE) / nullif(CAST(due_amount AS DOUBLE), 0) AS in_time_share
FROM told
ORDER BY month, dimension, part NULLS LAST
