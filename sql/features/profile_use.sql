-- grain:  one row per meter with a profile and day of the last 90, from the first that has an interval to the last
-- inputs: profile_known, local_day, register_use
-- rule:   the intervals of a local day added up; complete when those with a value make up the whole day, be it of 23, 24 or 25
--         hours. A day without any is there, and knows nothing. Where the register went on by a day, it is not
--         asked. What no whole number can hold is no use.
WITH summed AS (
    SELECT
        account_id,
        meter_id,
        read_on,
        sum(energy_wh) AS wh,
        sum(CASE WHEN quality = 'missing' THEN 0 ELSE interval_minutes END) AS minutes,
        count(*) FILTER (WHERE quality = 'estimated') > 0 AS is_estimated
    FROM profile_known
    WHERE read_on >= CAST(:as_of AS DATE) - 90
    GROUP BY account_id, meter_id, read_on
),
meter AS (
    SELECT account_id, meter_id, min(read_on) AS first_on, max(read_on) AS last_on
    FROM summed
    GROUP BY account_id, meter_id
)
SELECT
    meter.account_id,
    meter.meter_id,
    local_day.day AS read_on,
    CAST(CASE WHEN summed.wh < 9000000000000000000 THEN summed.wh END AS BIGINT) AS wh,
    coalesce(summed.minutes = local_day.minutes AND summed.wh < 9000000000000000000, FALSE) AS is_complete,
    coalesce(summed.is_estimated, FALSE) AS is_estimated
FROM meter
JOIN local_day ON local_day.day BETWEEN meter.first_on AND meter.last_on
LEFT JOIN summed
    ON summed.account_id = meter.account_id AND summed.meter_id = meter.meter_id AND summed.read_on = local_day.day
WHERE NOT EXISTS (
    SELECT 1 FROM register_use
    WHERE register_use.account_id = meter.account_id
      AND register_use.meter_id = meter.meter_id
      AND register_use.read_on = local_day.day
      AND register_use.before_on = local_day.day - 1
      AND register_use.wh IS NOT NULL
)
