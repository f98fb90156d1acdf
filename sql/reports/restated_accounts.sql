-- grain:  one row per account of which a night as it was and as restated differ, the largest change of expected loss first
-- inputs: before_signal, after_signal (the signals of one night, as they were and as restated)
-- rule:   an account that is in one of the two only was opened or closed without the night knowing it
WITH ranked_before AS (
    SELECT
        *,
        CASE level WHEN 'blue' THEN 1 WHEN 'yellow' THEN 2 WHEN 'orange' THEN 3 WHEN 'red' THEN 4 ELSE 0 END AS level_no
    FROM before_signal
),
ranked_after AS (
    SELECT
        *,
        CASE level WHEN 'blue' THEN 1 WHEN 'yellow' THEN 2 WHEN 'orange' THEN 3 WHEN 'red' THEN 4 ELSE 0 END AS level_no
    FROM after_signal
)
SELECT
    coalesce(after.account_id, before.account_id) AS account_id,
    coalesce(after.customer_id, before.customer_id) AS customer_id,
    coalesce(after.district, before.district) AS district,
    CASE
        WHEN before.account_id IS NULL THEN 'joined'
        WHEN after.account_id IS NULL THEN 'left'
        WHEN before.level_no = 0 AND after.level_no > 0 THEN 'raised'
        WHEN before.level_no > 0 AND after.level_no = 0 THEN 'cleared'
        WHEN before.level_no < after.level_no THEN 'up'
        WHEN before.level_no > after.level_no THEN 'down'
        ELSE 'same_level'
    END AS change,
    before.level AS level_before,
    after.level AS level_after,
    before.level_rule AS level_rule_before,
    after.level_rule AS level_rule_after,
    before.is_in_collection AS is_in_collection_before,
    after.is_in_collection AS is_in_collection_after,
    before.grade AS grade_before,
    after.grade AS grade_after,
    before.points AS points_before,
    after.points AS points_after,
    before.open_amount AS open_amount_before,
    after.open_amount AS open_amount_after,
    before.overdue_amount AS overdue_amount_before,
    after.overdue_amount AS overdue_amount_after,
    before.expected_loss_amount AS expected_loss_amount_before,
    after.expected_loss_amount AS expected_loss_amount_after,
    concat_ws(' ', before.reason_1, before.reason_2, before.reason_3, before.reason_4) AS reasons_before,
    concat_ws(' ', after.reason_1, after.reason_2, after.reason_3, after.reason_4) AS reasons_after
FROM ranked_before AS before
FULL JOIN ranked_after AS after ON after.account_id = before.account_id
WHERE before.account_id IS NULL
   OR after.account_id IS NULL
   OR before.level_no <> after.level_no
   OR before.is_in_collection <> after.is_in_collection
   OR before.points <> after.points
   OR before.open_amount <> after.open_amount
   OR before.overdue_amount <> after.overdue_amount
   OR before.expected_loss_amount <> after.expected_loss_amount
   OR concat_ws(' ', before.reason_1, before.reason_2, before.reason_3, before.reason_4)
   <> concat_ws(' ', after.reason_1, after.reason_2, after.reason_3, after.reason_4)
ORDER BY
    abs(coalesce(after.expected_loss_amount, 0) - coalesce(before.expected_loss_amount, 0)) DESC,
    coalesce(after.account_id, before.account_id)
