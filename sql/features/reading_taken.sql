-- grain:  one row per reading of the last 190 days
-- inputs: reading_known, meter_number
SELECT
    meter_number.account_no,
    meter_number.meter_no,
    reading_known.read_on,
    reading_known.register_wh,
    reading_known.energy_wh,
    reading_known.quality = 'estimated' AS is_estimated
FROM reading_known
JOIN meter_number
    ON meter_number.account_id = reading_known.account_id AND meter_number.meter_id = reading_known.meter_id
WHERE reading_known.read_on >= CAST(:as_of AS DATE) - 190
