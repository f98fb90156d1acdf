-- grain:  one row per register read of the last 90 days, those at a meter's installation and removal among them
-- inputs: reading_known, meter_known
-- rule:   `wh` is what the register went on by since the read before it, on `before_on`: of the 100 days before the window the
--         last one; missing where there is none. A meter's own start and end stand for what was read before and after
--         them. An estimate between two measured reads counts for nothing: the second corrects it. Going on by half a round
--         of the register or more, or back without a round that is known, is a wrong read: the use is not known.
--         `energy_wh` is what the same reading says of its day, be its register corrected or not.
WITH read AS NOT MATERIALIZED (
    SELECT
        reading_known.account_id,
        reading_known.meter_id,
        reading_known.read_on,
        reading_known.register_wh,
        reading_known.energy_wh,
        reading_known.quality = 'estimated' AS is_estimated
    FROM reading_known
    LEFT JOIN meter_known
        ON meter_known.account_id = reading_known.account_id AND meter_known.meter_id = reading_known.meter_id
    WHERE reading_known.register_wh IS NOT NULL
      AND reading_known.read_on >= CAST(:as_of AS DATE) - 190
      AND (meter_known.start_register_wh IS NULL OR reading_known.read_on >= meter_known.installed_on)
      AND (
          meter_known.end_register_wh IS NULL
          OR meter_known.removed_on IS NULL
          OR reading_known.read_on < meter_known.removed_on
      )
),
before_window AS (
    SELECT
        account_id,
        meter_id,
        max(read_on) FILTER (WHERE NOT is_estimated) AS measured_on,
        max_by(register_wh, read_on) FILTER (WHERE NOT is_estimated) AS measured_wh,
        max(read_on) AS read_on,
        max_by(register_wh, read_on) AS register_wh
    FROM read
    WHERE read_on < CAST(:as_of AS DATE) - 90
    GROUP BY account_id, meter_id
),
shown AS (
    SELECT account_id, meter_id, read_on, register_wh, energy_wh, is_estimated
    FROM read
    WHERE read_on >= CAST(:as_of AS DATE) - 90
    UNION ALL
    SELECT
        account_id,
        meter_id,
        coalesce(measured_on, read_on),
        coalesce(measured_wh, register_wh),
        NULL,
        measured_on IS NULL
    FROM before_window
    UNION ALL
    SELECT account_id, meter_id, installed_on - 1, start_register_wh, NULL, FALSE
    FROM meter_known
    WHERE start_register_wh IS NOT NULL
      AND installed_on > CAST(:as_of AS DATE) - 190
    UNION ALL
    SELECT account_id, meter_id, removed_on, end_register_wh, NULL, FALSE
    FROM meter_known
    WHERE end_register_wh IS NOT NULL
      AND removed_on >= CAST(:as_of AS DATE) - 190
      AND removed_on < CAST(:as_of AS DATE)
),
measured AS (
    SELECT account_id, meter_id, min(read_on) AS first_on, max(read_on) AS last_on
    FROM shown
    WHERE NOT is_estimated
    GROUP BY account_id, meter_id
),
judged AS (
    SELECT
        shown.account_id,
        shown.meter_id,
        shown.read_on,
        shown.register_wh,
        shown.energy_wh,
        shown.is_estimated,
        shown.is_estimated AND coalesce(shown.read_on BETWEEN measured.first_on AND measured.last_on, FALSE) AS is_corrected
    FROM shown
    LEFT JOIN measured ON measured.account_id = shown.account_id AND measured.meter_id = shown.meter_id
),
difference AS (
    SELECT
        account_id,
        meter_id,
        lag(read_on) OVER of_meter AS before_on,
        read_on,
        register_wh - lag(register_wh) OVER of_meter AS wh,
        is_estimated OR coalesce(lag(is_estimated) OVER of_meter, FALSE) AS is_estimated,
        energy_wh,
        is_estimated AS is_energy_estimated
    FROM judged
    WHERE NOT is_corrected
    WINDOW of_meter AS (PARTITION BY account_id, meter_id ORDER BY read_on)
    UNION ALL
    SELECT account_id, meter_id, NULL, read_on, NULL, TRUE, energy_wh, TRUE
    FROM judged
    WHERE is_corrected
),
register AS (
    SELECT account_id, meter_id, CAST(power(10, register_digits) AS BIGINT) * coalesce(register_unit_wh, 1000) AS round_wh
    FROM meter_known
    WHERE register_digits IS NOT NULL
)
SELECT
    difference.account_id,
    difference.meter_id,
    difference.before_on,
    difference.read_on,
    CASE
        WHEN difference.wh >= 0 AND (register.round_wh IS NULL OR difference.wh < register.round_wh * 0.5)
            THEN difference.wh
        WHEN difference.wh < 0
            AND difference.wh + register.round_wh >= 0
            AND difference.wh + register.round_wh < register.round_wh * 0.5
            THEN difference.wh + register.round_wh
    END AS wh,
    difference.is_estimated,
    difference.energy_wh,
    difference.is_energy_estimated
FROM difference
LEFT JOIN register ON register.account_id = difference.account_id AND register.meter_id = difference.meter_id
WHERE difference.read_on >= CAST(:as_of AS DATE) - 90
