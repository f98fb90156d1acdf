-- grain:  one row per meter with a profile and day of the last 90, from the first that has an interval to the last
-- inputs: profile_known, meter_number, local_day, register_use
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
numbered AS (
    SELECT meter_number.meter_no, summed.read_on, summed.wh, summed.minutes, summed.is_estimated
    FROM summed
    JOIN meter_number ON meter_number.account_id = summed.account_id AND meter_number.meter_id = summed.meter_id
),
meter AS (
    SELECT meter_no, min(read_on) AS first_on, max(read_on) AS last_on
    FROM numbered
    GROUP BY meter_no
)
SELECT
    meter.meter_no,
    local_day.day AS read_on,
    CAST(CASE WHEN numbered.wh < 9000000000000000000 THEN numbered.wh END AS BIGINT) AS wh,
    coalesce(numbered.minutes = local_day.minutes AND numbered.wh < 9000000000000000000, FALSE) AS is_complete,
    coalesce(numbered.is_estimated, FALSE) AS is_estimated
FROM meter
JOIN local_day ON local_day.day BETWEEN meter.first_on AND meter.last_on
LEFT JOIN numbered ON numbered.meter_no = meter.meter_no AND numbered.read_on = local_day.day
WHERE NOT EXISTS (
    SELECT 1 FROM register_use
    WHERE register_use.meter_no = meter.meter_no
      AND register_use.read_on = local_day.day
      AND register_use.before_on = local_day.day - 1
      AND register_use.wh IS NOT NULL
)
