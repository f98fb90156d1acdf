-- connection: billing
-- Grain: one row per place of supply. The demo utility never changes one.
SELECT
    CAST(prem.prem_id AS VARCHAR(20)) AS premise_id,
    CASE prem.org_no
        WHEN '01' THEN '云溪' WHEN '02' THEN '临江' WHEN '03' THEN '东湖新区' WHEN '04' THEN '西岭'
        WHEN '05' THEN '南桥' WHEN '06' THEN '北苑' WHEN '07' THEN '石湾' WHEN '08' THEN '青岚县'
        WHEN '09' THEN '白杨县' WHEN '10' THEN '清水县' WHEN '11' THEN '高新开发区' WHEN '12' THEN '柳林矿区'
        ELSE prem.org_no
    END AS district,
    prem.prem_addr AS address,
    prem.post_code AS postcode,
    prem.entered_at AS recorded_at
FROM c_prem AS prem
WHERE prem.entered_at >= :since AND prem.entered_at < :until
