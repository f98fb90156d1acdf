-- grain:  one row per account with a bill in the last 24 months
-- inputs: bill_issued
-- rule:   bills of the last 3 months (by the last day they cover) against those of the same 3 months a year before, and
--         against the 9 months before them; what the last 12 months cost, used and at what hours. A recovery charge is not use.
WITH billed AS (
    SELECT
        account_no,
        cents,
        energy_wh,
        peak_wh,
        flat_wh,
        valley_wh,
        period_end_on,
        CAST(:as_of AS DATE) - INTERVAL '3' MONTH AS three_months_ago,
        CAST(:as_of AS DATE) - INTERVAL '12' MONTH AS twelve_months_ago,
        CAST(:as_of AS DATE) - INTERVAL '15' MONTH AS fifteen_months_ago
    FROM bill_issued
    WHERE NOT is_recovery
      AND period_end_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
),
summed AS (
    SELECT
        account_no,
        sum(cents) FILTER (WHERE period_end_on >= twelve_months_ago) AS cents_12m,
        count(*) FILTER (WHERE period_end_on >= twelve_months_ago) AS bills_12m,
        sum(energy_wh) FILTER (WHERE period_end_on >= twelve_months_ago) AS wh_12m,
        sum(peak_wh) FILTER (WHERE period_end_on >= twelve_months_ago) AS peak_wh,
        sum(flat_wh) FILTER (WHERE period_end_on >= twelve_months_ago) AS flat_wh,
        sum(valley_wh) FILTER (WHERE period_end_on >= twelve_months_ago) AS valley_wh,
        sum(coalesce(peak_wh, 0) + coalesce(flat_wh, 0) + coalesce(valley_wh, 0))
            FILTER (WHERE period_end_on >= twelve_months_ago) AS timed_wh,
        sum(energy_wh) FILTER (WHERE period_end_on >= three_months_ago) AS wh_3m,
        sum(energy_wh) FILTER (WHERE period_end_on >= fifteen_months_ago AND period_end_on < twelve_months_ago)
            AS wh_3m_last_year,
        sum(cents) FILTER (WHERE period_end_on >= three_months_ago) AS cents_3m,
        count(*) FILTER (WHERE period_end_on >= three_months_ago) AS bills_3m,
        sum(cents) FILTER (WHERE period_end_on >= twelve_months_ago AND period_end_on < three_months_ago)
            AS cents_9m_before,
        count(*) FILTER (WHERE period_end_on >= twelve_months_ago AND period_end_on < three_months_ago)
            AS bills_9m_before,
        max(period_end_on) AS billed_until_on
    FROM billed
    GROUP BY account_no
)
SELECT
    account_no,
    cents_12m AS billed_cents_12m,
    bills_12m,
    CAST((2 * cents_12m + bills_12m) // nullif(2 * bills_12m, 0) AS BIGINT) AS mean_bill_cents_12m,
    wh_12m AS billed_wh_12m,
    CAST(peak_wh AS DOUBLE) / nullif(timed_wh, 0) AS peak_use_share_12m,
    CAST(flat_wh AS DOUBLE) / nullif(timed_wh, 0) AS flat_use_share_12m,
    CAST(valley_wh AS DOUBLE) / nullif(timed_wh, 0) AS valley_use_share_12m,
    CAST(wh_3m AS DOUBLE) / nullif(wh_3m_last_year, 0) AS use_on_year_ratio,
    CAST(cents_3m * bills_9m_before AS DOUBLE) / nullif(cents_9m_before * bills_3m, 0) AS bill_level_ratio,
    CAST(:as_of AS DATE) - billed_until_on - 1 AS unbilled_days
FROM summed
