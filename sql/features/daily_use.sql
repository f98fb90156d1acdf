-- grain:  one row per account and day of the last 90 of which anything was read
-- inputs: reading_known, register_use, profile_use, local_day
-- rule:   a meter's use of a day is what its register went on by, if it was read the day before; else its complete profile;
--         else the day's own reading; else, between two reads of the register, an even share of what the days with a
--         use of their own leave of the difference, to the Wh, the first days taking one more; such a share is estimated. A
--         day with none of these is not complete: `energy_wh` is what there is of it. The meters of an account add up.
WITH by_register AS (
    SELECT account_id, meter_id, read_on, CASE WHEN before_on = read_on - 1 THEN wh END AS step_wh, energy_wh, is_estimated
    FROM register_use
),
own AS (
    SELECT account_id, meter_id, read_on, coalesce(step_wh, energy_wh) AS wh, is_estimated
    FROM by_register
    WHERE step_wh IS NOT NULL OR energy_wh IS NOT NULL
    UNION ALL
    SELECT account_id, meter_id, read_on, wh, is_estimated
    FROM profile_use
    WHERE is_complete
      AND NOT EXISTS (
          SELECT 1 FROM by_register
          WHERE by_register.account_id = profile_use.account_id
            AND by_register.meter_id = profile_use.meter_id
            AND by_register.read_on = profile_use.read_on
            AND (by_register.step_wh IS NOT NULL OR by_register.energy_wh IS NOT NULL)
      )
    UNION ALL
    SELECT account_id, meter_id, read_on, energy_wh, quality = 'estimated'
    FROM reading_known
    WHERE register_wh IS NULL
      AND energy_wh IS NOT NULL
      AND read_on >= CAST(:as_of AS DATE) - 90
      AND NOT EXISTS (
          SELECT 1 FROM profile_use
          WHERE profile_use.account_id = reading_known.account_id
            AND profile_use.meter_id = reading_known.meter_id
            AND profile_use.read_on = reading_known.read_on
            AND profile_use.is_complete
      )
),
span AS (
    SELECT account_id, meter_id, before_on, read_on, wh
    FROM register_use
    WHERE read_on - before_on > 1 AND wh IS NOT NULL
),
span_day AS (
    SELECT
        span.account_id,
        span.meter_id,
        span.before_on,
        span.read_on,
        span.wh,
        local_day.day,
        own.read_on IS NOT NULL AS is_own,
        coalesce(sum(own.wh) OVER of_span, 0) AS own_wh,
        span.read_on - span.before_on - count(own.read_on) OVER of_span AS share_count,
        count(*) FILTER (WHERE own.read_on IS NULL) OVER shares_from_here AS shares_left
    FROM span
    JOIN local_day ON local_day.day > span.before_on AND local_day.day <= span.read_on
    LEFT JOIN own
        ON own.account_id = span.account_id AND own.meter_id = span.meter_id AND own.read_on = local_day.day
    WINDOW
        of_span AS (PARTITION BY span.account_id, span.meter_id, span.read_on),
        shares_from_here AS (
            PARTITION BY span.account_id, span.meter_id, span.read_on ORDER BY local_day.day
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
),
share AS (
    SELECT
        account_id,
        meter_id,
        day,
        greatest(wh - own_wh, 0) AS left_wh,
        greatest(wh - own_wh, 0) % share_count AS over_wh,
        share_count,
        share_count - shares_left AS shares_before
    FROM span_day
    WHERE NOT is_own
),
unknown AS (
    SELECT account_id, meter_id, read_on, wh
    FROM profile_use
    WHERE NOT is_complete
    UNION ALL
    SELECT account_id, meter_id, read_on, NULL
    FROM register_use
    WHERE before_on IS NOT NULL AND wh IS NULL AND energy_wh IS NULL
    UNION ALL
    SELECT account_id, meter_id, read_on, NULL
    FROM reading_known
    WHERE quality = 'missing' AND read_on >= CAST(:as_of AS DATE) - 90
),
meter_day AS (
    SELECT account_id, read_on AS used_on, wh, is_estimated, TRUE AS is_complete
    FROM own
    UNION ALL
    SELECT
        account_id,
        day,
        CAST((left_wh - over_wh) / share_count AS BIGINT) + CASE WHEN shares_before < over_wh THEN 1 ELSE 0 END,
        TRUE,
        TRUE
    FROM share
    UNION ALL
    SELECT account_id, read_on, max(wh), TRUE, FALSE
    FROM unknown
    WHERE NOT EXISTS (
        SELECT 1 FROM own
        WHERE own.account_id = unknown.account_id
          AND own.meter_id = unknown.meter_id
          AND own.read_on = unknown.read_on
    )
      AND NOT EXISTS (
          SELECT 1 FROM share
          WHERE share.account_id = unknown.account_id
            AND share.meter_id = unknown.meter_id
            AND share.day = unknown.read_on
      )
    GROUP BY account_id, meter_id, read_on
)
SELECT
    account_id,
    used_on,
    sum(wh) AS energy_wh,
    count(*) FILTER (WHERE is_estimated) > 0 AS is_estimated,
    count(*) FILTER (WHERE NOT is_complete) = 0 AS is_complete
FROM meter_day
GROUP BY account_id, used_on
