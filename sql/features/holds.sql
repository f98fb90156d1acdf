-- grain:  one row per open account that is on hold
-- inputs: cohort, hold_known
-- rule:   a hold without a bill holds the whole account, from `from_on` up to the night before `until_on`. `held_until_on` is the
--         last day of the longest; missing: until further notice.
SELECT
    cohort.account_no,
    TRUE AS is_on_hold,
    CASE WHEN count(hold_known.until_on) = count(*) THEN max(hold_known.until_on) - 1 END AS held_until_on
FROM hold_known
JOIN cohort ON cohort.account_id = hold_known.account_id
WHERE hold_known.bill_id IS NULL
  AND hold_known.from_on <= CAST(:as_of AS DATE)
  AND (hold_known.until_on IS NULL OR hold_known.until_on > CAST(:as_of AS DATE))
GROUP BY cohort.account_no
