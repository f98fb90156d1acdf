-- grain:  one row per account that the night of :as_of judged, in order of account
-- inputs: signal (what the night said), became (arrears_outcome at the end of the horizon), capacity (cases a day by district)
-- rule:   who was in collection on the night has no outcome: `is_arrears` is missing. Staff work a district's warnings from the
--         largest expected loss on, as many as capacity has it; of equal losses the lower account id comes first.
WITH listed AS (
    SELECT
        account_id,
        row_number() OVER (PARTITION BY district ORDER BY expected_loss_amount DESC, account_id) AS place
    FROM signal
    WHERE level IS NOT NULL
)
SELECT
    signal.account_id,
    CAST(:as_of AS DATE) AS as_of,
    signal.slot,
    signal.segment,
    signal.district,
    signal.voltage_class,
    signal.tariff,
    signal.grade,
    signal.points,
    signal.probability,
    signal.exposure_amount,
    signal.expected_loss_amount,
    signal.open_amount,
    signal.overdue_amount,
    signal.is_in_collection,
    signal.level,
    signal.level_rule,
    signal.payment_mode,
    signal.arrangement,
    signal.security,
    signal.treatment,
    signal.treatment_rule,
    signal.withheld_treatment,
    signal.is_in_trial,
    signal.is_held_out,
    coalesce(listed.place <= coalesce(capacity.cases, CAST(:cases AS INTEGER)), FALSE) AS is_within_capacity,
    CASE WHEN NOT signal.is_in_collection THEN coalesce(became.is_arrears, FALSE) END AS is_arrears,
    CASE WHEN NOT signal.is_in_collection THEN became.arrears_on END AS arrears_on,
    CASE WHEN NOT signal.is_in_collection THEN coalesce(became.arrears_amount, 0) END AS arrears_amount
FROM signal
LEFT JOIN listed ON listed.account_id = signal.account_id
LEFT JOIN capacity ON capacity.district = signal.district
LEFT JOIN became ON became.account_id = signal.account_id
ORDER BY signal.account_id
