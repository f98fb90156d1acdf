-- rule:  an interval is of the local day in which it begins; otherwise the clock is off, or the zone is another
SELECT line_no FROM checked WHERE read_on <> CAST(starts_at AT TIME ZONE :zone AS DATE)
