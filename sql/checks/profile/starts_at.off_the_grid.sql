-- rule:  an interval begins at a whole number of intervals after the local hour
SELECT line_no
FROM checked
WHERE date_part('minute', starts_at AT TIME ZONE :zone) % interval_minutes <> 0
    OR date_part('second', starts_at) <> 0
