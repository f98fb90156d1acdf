-- grain:  two rows, `before` and `after`: one night in figures, as it was and as restated
-- inputs: before_signal, after_signal
SELECT
    'before' AS version,
    count(*) AS accounts,
    count(level) AS warned,
    count(*) FILTER (WHERE is_in_collection) AS in_collection,
    coalesce(sum(open_amount), 0) AS open_amount,
    coalesce(sum(overdue_amount), 0) AS overdue_amount,
    coalesce(sum(expected_loss_amount), 0) AS expected_loss_amount
FROM before_signal
UNION ALL
SELECT
    'after' AS version,
    count(*) AS accounts,
    count(level) AS warned,
    count(*) FILTER (WHERE is_in_collection) AS in_collection,
    coalesce(sum(open_amount), 0) AS open_amount,
    coalesce(sum(overdue_amount), 0) AS overdue_amount,
    coalesce(sum(expected_loss_amount), 0) AS expected_loss_amount
FROM after_signal
ORDER BY version DESC
