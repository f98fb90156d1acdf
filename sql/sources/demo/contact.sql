-- connection: billing
-- Grain: one row per version of a customer's address: as first noted, and again when it proves wrong or is refused.
WITH held AS (
    SELECT
        contact.contact_id AS id,
        CAST(contact.contact_id AS VARCHAR(20)) AS contact_id,
        CAST(contact.cust_id AS VARCHAR(20)) AS customer_id,
        CASE contact.contact_mode
            WHEN '01' THEN 'sms' WHEN '02' THEN 'email' WHEN '03' THEN 'letter' WHEN '04' THEN 'chat'
            ELSE contact.contact_mode
        END AS channel,
        contact.contact_value AS address,
        contact.consent_code,
        contact.entered_at
    FROM c_contact AS contact
)

SELECT
    contact_id,
    customer_id,
    channel,
    address,
    CASE consent_code WHEN '1' THEN 'given' WHEN '0' THEN 'refused' ELSE coalesce(consent_code, 'unknown') END AS consent,
    'valid' AS status,
    entered_at AS recorded_at
FROM held
WHERE entered_at >= :since AND entered_at < :until
UNION ALL
SELECT
    held.contact_id,
    held.customer_id,
    held.channel,
    held.address,
    CASE change.consent_code WHEN '1' THEN 'given' WHEN '0' THEN 'refused' ELSE coalesce(change.consent_code, 'unknown') END
        AS consent,
    CASE change.valid_code WHEN '1' THEN 'valid' WHEN '0' THEN 'wrong' ELSE change.valid_code END AS status,
    change.entered_at AS recorded_at
FROM c_contact_chg AS change
INNER JOIN held ON change.contact_id = held.id
WHERE change.entered_at >= :since AND change.entered_at < :until
