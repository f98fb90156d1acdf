-- grain:  one row per account and meter that was there, or of which anything was read, in the last 190 days
-- inputs: account_number, meter_known, reading_known, profile_known
-- rule:   numbers stand in for meter ids where there is much to join; which number a meter has means nothing. Among the
--         readings only meters are sought that are not listed: few, if any.
WITH listed AS MATERIALIZED (
    SELECT account_id, meter_id
    FROM meter_known
    WHERE removed_on IS NULL OR removed_on >= CAST(:as_of AS DATE) - 190
),
meter AS (
    SELECT account_id, meter_id
    FROM listed
    UNION
    SELECT account_id, meter_id
    FROM reading_known
    WHERE read_on >= CAST(:as_of AS DATE) - 190
      AND NOT EXISTS (
          SELECT 1 FROM listed
          WHERE listed.account_id = reading_known.account_id AND listed.meter_id = reading_known.meter_id
      )
    UNION
    SELECT account_id, meter_id
    FROM profile_known
    WHERE read_on >= CAST(:as_of AS DATE) - 190
)
SELECT
    meter.account_id,
    meter.meter_id,
    account_number.account_no,
    CAST(row_number() OVER (ORDER BY meter.account_id, meter.meter_id) AS INTEGER) AS meter_no
FROM meter
JOIN account_number ON account_number.account_id = meter.account_id
