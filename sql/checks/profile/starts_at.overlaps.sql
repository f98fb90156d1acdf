-- rule:  no interval of a meter begins within another one. Intervals of one length that lie on the grid cannot, so that only
--        meters with several lengths are looked at
WITH mixed AS (
    SELECT account_id, meter_id FROM checked WHERE broken_rule IS NULL
    GROUP BY account_id, meter_id HAVING min(interval_minutes) <> max(interval_minutes)
),
placed AS (
    SELECT line_no, starts_at,
        max(starts_at + to_minutes(interval_minutes)) OVER (
            PARTITION BY account_id, meter_id ORDER BY starts_at
            RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 SECOND PRECEDING
        ) AS busy_until
    FROM checked SEMI JOIN mixed USING (account_id, meter_id)
    WHERE broken_rule IS NULL
)
SELECT line_no FROM placed WHERE starts_at < busy_until
