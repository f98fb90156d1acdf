-- grain:  one row per open account, in the order of account ids
-- inputs: cohort, payment_behaviour, debt, consumption, metering, integrity, quarantine
-- rule:   what never happened is zero where zero is a fact (no debt, no incident), and missing where nothing is known
SELECT
    cohort.account_id,
    cohort.customer_id,
    cohort.slot,
    cohort.district,
    cohort.industry,
    cohort.voltage_class,
    cohort.tariff,
    cohort.contracted_capacity_kva,
    CAST(cohort.account_age_days AS INTEGER) AS account_age_days,
    payment_behaviour.on_time_bill_share AS on_time_bill_share_12m,
    payment_behaviour.on_time_amount_share AS on_time_amount_share_12m,
    payment_behaviour.mean_late_days AS mean_late_days_12m,
    CAST(payment_behaviour.longest_late_days AS INTEGER) AS longest_late_days_12m,
    CAST(payment_behaviour.bills_15_days_late AS INTEGER) AS bills_15_days_late_12m,
    CAST(payment_behaviour.late_streak_bills AS INTEGER) AS late_streak_bills,
    CAST(CAST(coalesce(debt.open_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS open_amount,
    CAST(CAST(coalesce(debt.credit_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS credit_amount,
    CAST(CAST(coalesce(debt.disputed_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS disputed_amount,
    CAST(CAST(coalesce(debt.overdue_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS overdue_amount,
    CAST(CAST(coalesce(debt.ageing_current_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_current_amount,
    CAST(CAST(coalesce(debt.ageing_1_30_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_1_30_amount,
    CAST(CAST(coalesce(debt.ageing_31_60_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_31_60_amount,
    CAST(CAST(coalesce(debt.ageing_61_90_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_61_90_amount,
    CAST(CAST(coalesce(debt.ageing_91_180_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_91_180_amount,
    CAST(CAST(coalesce(debt.ageing_181_360_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_181_360_amount,
    CAST(CAST(coalesce(debt.ageing_over_360_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS ageing_over_360_amount,
    CAST(CAST(coalesce(debt.overdue_15_days_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS overdue_15_days_amount,
    CAST(debt.oldest_days_past_due AS INTEGER) AS oldest_days_past_due,
    CAST(debt.overdue_cents * consumption.bills AS DOUBLE) / nullif(consumption.billed_cents, 0) AS overdue_bills,
    debt.next_due_on,
    CAST(CAST(coalesce(consumption.billed_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS billed_amount_12m,
    CAST(consumption.unbilled_days AS INTEGER) AS unbilled_days,
    consumption.use_on_year_ratio,
    consumption.bill_level_ratio,
    metering.recent_use_ratio,
    CAST(metering.zero_reading_days AS INTEGER) AS zero_reading_days_30d,
    CAST(metering.missing_reading_days AS INTEGER) AS missing_reading_days_30d,
    CAST(coalesce(integrity.theft_count, 0) AS INTEGER) AS theft_count_24m,
    CAST(coalesce(integrity.breach_count, 0) AS INTEGER) AS breach_count_24m,
    CAST(integrity.days_since_incident AS INTEGER) AS days_since_incident,
    CAST(coalesce(quarantine.quarantined_money_rows, 0) AS INTEGER) AS quarantined_money_rows,
    CAST(CAST(coalesce(quarantine.quarantined_money_cents, 0) AS DECIMAL(18, 0)) * 0.01 AS DECIMAL(18, 2)) AS quarantined_money_amount
FROM cohort
LEFT JOIN payment_behaviour ON payment_behaviour.account_id = cohort.account_id
LEFT JOIN debt ON debt.account_id = cohort.account_id
LEFT JOIN consumption ON consumption.account_id = cohort.account_id
LEFT JOIN metering ON metering.account_id = cohort.account_id
LEFT JOIN integrity ON integrity.account_id = cohort.account_id
LEFT JOIN quarantine ON quarantine.account_id = cohort.account_id
ORDER BY cohort.account_id
