-- grain:  one row per treatment, dimension and part of it, over the whole span
-- inputs: outcome (judged nights from :first_on to the one before :until_on)
-- rule:   what became of accounts that a treatment was proposed for, beside those that the same rule meant and the draw held
--         out. Only accounts that could have been drawn are compared. An account counts once for each treatment and block
--         of nights (as long as the horizon: it is in or out for a whole one), by the first night of the block on which
--         the treatment was meant; it fell when it came into arrears within the horizon of that night.
WITH meant AS (
    SELECT
        account_id,
        as_of,
        (as_of - DATE '1970-01-01') // CAST(:horizon_days AS INTEGER) AS block,
        coalesce(withheld_treatment, treatment) AS meant_treatment,
        is_held_out,
        is_arrears,
        arrears_amount,
        level,
        segment
    FROM outcome
    WHERE is_in_trial
      AND is_arrears IS NOT NULL
      AND as_of >= CAST(:first_on AS DATE)
      AND as_of < CAST(:until_on AS DATE)
      AND (withheld_treatment IS NOT NULL OR (NOT is_held_out AND treatment <> 'none'))
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY account_id, block, meant_treatment ORDER BY as_of) AS place
    FROM meant
)
SELECT
    meant_treatment AS treatment,
    CASE
        WHEN grouping(segment) = 0 THEN 'segment'
        WHEN grouping(level) = 0 THEN 'level'
        ELSE 'all'
    END AS dimension,
    CASE WHEN grouping(segment) = 0 THEN segment WHEN grouping(level) = 0 THEN level END AS part,
    count(*) FILTER (WHERE NOT is_held_out) AS treated,
    count(*) FILTER (WHERE NOT is_held_out AND is_arrears) AS treated_fell,
    CAST(coalesce(sum(arrears_amount) FILTER (WHERE NOT is_held_out), 0) AS DECIMAL(18, 2)) AS treated_arrears_amount,
    count(*) FILTER (WHERE is_held_out) AS held_out,
    count(*) FILTER (WHERE is_held_out AND is_arrears) AS held_out_fell,
    CAST(coalesce(sum(arrears_amount) FILTER (WHERE is_held_out), 0) AS DECIMAL(18, 2)) AS held_out_arrears_amount
FROM placed
WHERE place = 1
GROUP BY meant_treatment, GROUPING SETS ((), (segment), (level))
ORDER BY treatment, dimension, part NULLS LAST
