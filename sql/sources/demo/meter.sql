-- connection: billing
-- Grain: one row per version of a meter: as installed, and again when it is removed. What a meter shows is in 1/100 kWh.
WITH meter AS (
    SELECT
        inst.meter_id AS id,
        inst.cons_no AS account_id,
        inst.asset_no AS meter_id,
        inst.inst_date AS installed_on,
        CAST(inst.digits AS VARCHAR(20)) AS register_digits,
        CAST(inst.bgn_num * 10 AS VARCHAR(20)) AS start_register_wh,
        inst.entered_at
    FROM c_meter_inst AS inst
)

SELECT
    account_id,
    meter_id,
    installed_on,
    NULL AS removed_on,
    register_digits,
    start_register_wh,
    NULL AS end_register_wh,
    entered_at AS recorded_at
FROM meter
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    meter.account_id,
    meter.meter_id,
    meter.installed_on,
    gone.rmv_date AS removed_on,
    meter.register_digits,
    meter.start_register_wh,
    CAST(gone.end_num * 10 AS VARCHAR(20)) AS end_register_wh,
    gone.entered_at AS recorded_at
FROM c_meter_rmv AS gone
INNER JOIN meter ON gone.meter_id = meter.id
WHERE gone.entered_at >= :since AND gone.entered_at < :until
