-- connection: billing
-- Grain: one row per customer. The demo utility never changes a name.
SELECT
    CAST(cust.cust_id AS VARCHAR(20)) AS customer_id,
    cust.cust_name AS name,
    CASE cust.lang_code WHEN '1' THEN 'zh-CN' WHEN '2' THEN 'en' END AS language,
    CASE cust.cust_type WHEN '01' THEN 'person' WHEN '02' THEN 'organisation' ELSE cust.cust_type END AS kind,
    cust.entered_at AS recorded_at
FROM c_cust AS cust
WHERE cust.entered_at >= :since AND cust.entered_at < :until
