-- grain:  one row per account with a register, a profile or several meters and day of the last 90 of which anything was read;
--         of any other account the readings are the use
-- inputs: reading_taken, register_use, profile_use, meter_number, local_day
-- rule:   a meter's use of a day is what its register went on by, if it was read the day before; else its complete profile;
--         else the day's own reading; else, between two reads of the register, an even share of what the days with a
--         use of their own leave of the difference, to the Wh, the first days taking one more; such a share is estimated. A
--         day with none of these is not complete: `energy_wh` is what there is of it. The meters of an account add up.
--         Each of a meter's days stands in one place below, so only accounts with several meters need a GROUP BY.
WITH weighed AS MATERIALIZED (
    SELECT account_no
    FROM meter_number
    WHERE EXISTS (SELECT 1 FROM register_use WHERE register_use.meter_no = meter_number.meter_no)
       OR EXISTS (SELECT 1 FROM profile_use WHERE profile_use.meter_no = meter_number.meter_no)
    UNION
    SELECT account_no
    FROM meter_number
    GROUP BY account_no
    HAVING count(*) > 1
),
alone AS MATERIALIZED (
    SELECT meter_no, read_on, energy_wh, is_estimated
    FROM reading_taken
    WHERE register_wh IS NULL
      AND read_on >= CAST(:as_of AS DATE) - 90
      AND EXISTS (SELECT 1 FROM weighed WHERE weighed.account_no = reading_taken.account_no)
),
given AS NOT MATERIALIZED (
    SELECT meter_no, read_on, energy_wh, is_estimated
    FROM alone
    WHERE NOT EXISTS (
        SELECT 1 FROM register_use
        WHERE register_use.meter_no = alone.meter_no
          AND register_use.read_on = alone.read_on
          AND register_use.before_on = alone.read_on - 1
          AND register_use.wh IS NOT NULL
    )
    UNION ALL
    SELECT meter_no, read_on, energy_wh, is_energy_estimated
    FROM register_use
    WHERE (before_on = read_on - 1 AND wh IS NOT NULL) IS NOT TRUE
      AND (before_on IS NOT NULL OR energy_wh IS NOT NULL)
      AND NOT EXISTS (
          SELECT 1 FROM alone WHERE alone.meter_no = register_use.meter_no AND alone.read_on = register_use.read_on
      )
),
reading AS MATERIALIZED (
    SELECT meter_no, read_on, energy_wh, is_estimated
    FROM given
    WHERE NOT EXISTS (
        SELECT 1 FROM profile_use
        WHERE profile_use.meter_no = given.meter_no
          AND profile_use.read_on = given.read_on
          AND profile_use.is_complete
    )
),
own AS NOT MATERIALIZED (
    SELECT meter_no, read_on, wh, is_estimated
    FROM register_use
    WHERE before_on = read_on - 1
      AND wh IS NOT NULL
    UNION ALL
    SELECT meter_no, read_on, wh, is_estimated
    FROM profile_use
    WHERE is_complete
    UNION ALL
    SELECT meter_no, read_on, energy_wh, is_estimated
    FROM reading
    WHERE energy_wh IS NOT NULL
),
span_day AS (
    SELECT
        span.meter_no,
        span.wh,
        local_day.day,
        own.read_on IS NOT NULL AS is_own,
        coalesce(sum(own.wh) OVER of_span, 0) AS own_wh,
        span.read_on - span.before_on - count(own.read_on) OVER of_span AS share_count,
        count(*) FILTER (WHERE own.read_on IS NULL) OVER from_here AS shares_left
    FROM register_use AS span
    JOIN local_day ON local_day.day > span.before_on AND local_day.day <= span.read_on
    LEFT JOIN own ON own.meter_no = span.meter_no AND own.read_on = local_day.day
    WHERE span.read_on - span.before_on > 1
      AND span.wh IS NOT NULL
    WINDOW
        of_span AS (PARTITION BY span.meter_no, span.read_on),
        from_here AS (
            PARTITION BY span.meter_no, span.read_on ORDER BY local_day.day
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
),
share AS (
    SELECT
        meter_no,
        day,
        greatest(wh - own_wh, 0) AS left_wh,
        greatest(wh - own_wh, 0) % share_count AS over_wh,
        share_count,
        share_count - shares_left AS shares_before
    FROM span_day
    WHERE NOT is_own
),
part AS (
    SELECT meter_no, read_on, wh
    FROM profile_use
    WHERE NOT is_complete
),
read_part AS (
    SELECT part.meter_no, part.read_on
    FROM part
    JOIN reading ON reading.meter_no = part.meter_no AND reading.read_on = part.read_on
    WHERE reading.energy_wh IS NOT NULL
),
unknown AS (
    SELECT meter_no, read_on, wh
    FROM part
    WHERE NOT EXISTS (
        SELECT 1 FROM read_part WHERE read_part.meter_no = part.meter_no AND read_part.read_on = part.read_on
    )
    UNION ALL
    SELECT meter_no, read_on, NULL
    FROM reading
    WHERE energy_wh IS NULL
      AND NOT EXISTS (SELECT 1 FROM part WHERE part.meter_no = reading.meter_no AND part.read_on = reading.read_on)
),
meter_day AS NOT MATERIALIZED (
    SELECT meter_no, read_on, wh, is_estimated, TRUE AS is_complete
    FROM own
    UNION ALL
    SELECT
        meter_no,
        day,
        CAST((left_wh - over_wh) / share_count AS BIGINT) + CASE WHEN shares_before < over_wh THEN 1 ELSE 0 END,
        TRUE,
        TRUE
    FROM share
    UNION ALL
    SELECT meter_no, read_on, wh, TRUE, FALSE
    FROM unknown
    WHERE NOT EXISTS (SELECT 1 FROM share WHERE share.meter_no = unknown.meter_no AND share.day = unknown.read_on)
),
account_day AS NOT MATERIALIZED (
    SELECT
        meter_number.account_no,
        meter_day.meter_no,
        meter_day.read_on,
        meter_day.wh,
        meter_day.is_estimated,
        meter_day.is_complete
    FROM meter_day
    JOIN meter_number ON meter_number.meter_no = meter_day.meter_no
),
several AS (
    SELECT account_no
    FROM account_day
    GROUP BY account_no
    HAVING min(meter_no) <> max(meter_no)
),
added AS (
    SELECT account_no, read_on AS used_on, wh AS energy_wh, is_estimated, is_complete
    FROM account_day
    WHERE NOT EXISTS (SELECT 1 FROM several WHERE several.account_no = account_day.account_no)
    UNION ALL
    SELECT
        account_no,
        read_on,
        CAST(CASE WHEN sum(wh) < 9000000000000000000 THEN sum(wh) END AS BIGINT),
        count(*) FILTER (WHERE is_estimated) > 0,
        count(*) FILTER (WHERE NOT is_complete) = 0 AND coalesce(sum(wh) < 9000000000000000000, FALSE)
    FROM account_day
    WHERE EXISTS (SELECT 1 FROM several WHERE several.account_no = account_day.account_no)
    GROUP BY account_no, read_on
)
SELECT account_no, used_on, energy_wh, is_estimated, is_complete
FROM added
