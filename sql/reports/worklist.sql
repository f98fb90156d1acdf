-- grain:  one row per account that the night warns of, or whose case stands or ended with it
-- inputs: signals, scores (of the night), standing (cases: account_id, episode_id, raised_on), capacity (cases a day by
--         district), account_known, customer_known, premise_known
-- rule:   staff work a district's warnings of the night from the largest expected loss on, as many as capacity has it; of
--         equal losses the lower account id comes first (as `outcomes.sql` judges them)
WITH listed AS (
    SELECT
        account_id,
        row_number() OVER (PARTITION BY district ORDER BY expected_loss_amount DESC, account_id) AS place
    FROM signals
    WHERE level IS NOT NULL
)

SELECT
    signals.account_id,
    standing.episode_id,
    standing.raised_on,
    signals.level,
    signals.customer_id,
    customer_known.name AS customer_name,
    premise_known.address,
    signals.district,
    signals.voltage_class,
    signals.tariff,
    signals.open_amount,
    signals.overdue_amount,
    signals.oldest_days_past_due,
    signals.next_due_on,
    signals.next_due_amount,
    signals.probability,
    scores.probability_low,
    scores.probability_high,
    signals.grade,
    signals.points,
    signals.exposure_amount,
    signals.expected_loss_amount,
    signals.reason_1,
    signals.reason_2,
    signals.reason_3,
    signals.reason_4,
    signals.payment_mode,
    signals.arrangement,
    signals.security,
    signals.treatment,
    signals.withheld_treatment,
    signals.is_held_out,
    coalesce(listed.place <= coalesce(capacity.cases, CAST(:cases AS INTEGER)), FALSE) AS is_within_capacity
FROM signals
JOIN scores ON scores.account_id = signals.account_id
LEFT JOIN standing ON standing.account_id = signals.account_id
LEFT JOIN listed ON listed.account_id = signals.account_id
LEFT JOIN capacity ON capacity.district = signals.district
LEFT JOIN account_known ON account_known.account_id = signals.account_id
LEFT JOIN customer_known ON customer_known.customer_id = signals.customer_id
LEFT JOIN premise_known ON premise_known.premise_id = account_known.premise_id
WHERE signals.level IS NOT NULL OR standing.account_id IS NOT NULL
ORDER BY signals.account_id
