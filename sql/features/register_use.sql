-- grain:  one row per register read of the last 90 days, those at a meter's installation and removal among them
-- inputs: reading_taken, meter_known, meter_number
-- rule:   `wh` is what the register went on by since the read before it, on `before_on`: of the 100 days before the window the
--         last one; missing where there is none. A meter's own start and end stand for what was read before and after
--         them. An estimate between two measured reads counts for nothing: the second corrects it. Going on by half a round
--         of the register or more, or back without a round that is known, is a wrong read: the use is not known.
--         `energy_wh` is what the same reading says of its day, be its register corrected or not.
WITH meter AS MATERIALIZED (
    SELECT
        meter_number.meter_no,
        meter_known.installed_on,
        meter_known.start_register_wh,
        meter_known.removed_on,
        meter_known.end_register_wh,
        CAST(power(10, meter_known.register_digits) AS BIGINT) * coalesce(meter_known.register_unit_wh, 1000) AS round_wh
    FROM meter_known
    JOIN meter_number ON meter_number.account_id = meter_known.account_id AND meter_number.meter_id = meter_known.meter_id
),
read AS NOT MATERIALIZED (
    SELECT
        reading_taken.meter_no,
        reading_taken.read_on,
        reading_taken.register_wh,
        reading_taken.energy_wh,
        reading_taken.is_estimated
    FROM reading_taken
    LEFT JOIN meter ON meter.meter_no = reading_taken.meter_no
    WHERE reading_taken.register_wh IS NOT NULL
      AND reading_taken.read_on >= CAST(:as_of AS DATE) - 190
      AND (meter.start_register_wh IS NULL OR reading_taken.read_on >= meter.installed_on)
      AND (meter.end_register_wh IS NULL OR meter.removed_on IS NULL OR reading_taken.read_on < meter.removed_on)
),
before_window AS (
    SELECT
        meter_no,
        max(read_on) FILTER (WHERE NOT is_estimated) AS measured_on,
        max_by(register_wh, read_on) FILTER (WHERE NOT is_estimated) AS measured_wh,
        max(read_on) AS read_on,
        max_by(register_wh, read_on) AS register_wh
    FROM read
    WHERE read_on < CAST(:as_of AS DATE) - 90
    GROUP BY meter_no
),
shown AS (
    SELECT meter_no, read_on, register_wh, energy_wh, is_estimated
    FROM read
    WHERE read_on >= CAST(:as_of AS DATE) - 90
    UNION ALL
    SELECT meter_no, coalesce(measured_on, read_on), coalesce(measured_wh, register_wh), NULL, measured_on IS NULL
    FROM before_window
    UNION ALL
    SELECT meter_no, installed_on - 1, start_register_wh, NULL, FALSE
    FROM meter
    WHERE start_register_wh IS NOT NULL
      AND installed_on > CAST(:as_of AS DATE) - 190
    UNION ALL
    SELECT meter_no, removed_on, end_register_wh, NULL, FALSE
    FROM meter
    WHERE end_register_wh IS NOT NULL
      AND removed_on >= CAST(:as_of AS DATE) - 190
      AND removed_on < CAST(:as_of AS DATE)
),
measured AS (
    SELECT meter_no, min(read_on) AS first_on, max(read_on) AS last_on
    FROM shown
    WHERE NOT is_estimated
    GROUP BY meter_no
),
judged AS (
    SELECT
        shown.meter_no,
        shown.read_on,
        shown.register_wh,
        shown.energy_wh,
        shown.is_estimated,
        shown.is_estimated AND coalesce(shown.read_on BETWEEN measured.first_on AND measured.last_on, FALSE) AS is_corrected
    FROM shown
    LEFT JOIN measured ON measured.meter_no = shown.meter_no
),
difference AS (
    SELECT
        meter_no,
        lag(read_on) OVER of_meter AS before_on,
        read_on,
        register_wh - lag(register_wh) OVER of_meter AS wh,
        is_estimated OR coalesce(lag(is_estimated) OVER of_meter, FALSE) AS is_estimated,
        energy_wh,
        is_estimated AS is_energy_estimated
    FROM judged
    WHERE NOT is_corrected
    WINDOW of_meter AS (PARTITION BY meter_no ORDER BY read_on)
    UNION ALL
    SELECT meter_no, NULL, read_on, NULL, TRUE, energy_wh, TRUE
    FROM judged
    WHERE is_corrected
)
SELECT
    difference.meter_no,
    difference.before_on,
    difference.read_on,
    CASE
        WHEN difference.wh >= 0 AND (meter.round_wh IS NULL OR difference.wh < meter.round_wh * 0.5)
            THEN difference.wh
        WHEN difference.wh < 0
            AND difference.wh + meter.round_wh >= 0
            AND difference.wh + meter.round_wh < meter.round_wh * 0.5
            THEN difference.wh + meter.round_wh
    END AS wh,
    difference.is_estimated,
    difference.energy_wh,
    difference.is_energy_estimated
FROM difference
LEFT JOIN meter ON meter.meter_no = difference.meter_no
WHERE difference.read_on >= CAST(:as_of AS DATE) - 90
