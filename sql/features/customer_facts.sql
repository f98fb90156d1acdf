-- grain:  one row per customer
-- inputs: customer_known, contact_known, external_record_known
-- rule:   an address counts unless it is known to be wrong; consent is what the customer gave for that very address. A public
--         record counts for five years from its publication, and then no more.
WITH reached AS (
    SELECT
        customer_id,
        count(*) FILTER (WHERE channel = 'email' AND consent = 'given') > 0 AS has_email_consent,
        count(*) FILTER (WHERE channel = 'sms' AND consent = 'given') > 0 AS has_sms_consent,
        count(*) FILTER (WHERE channel = 'phone' AND consent = 'given') > 0 AS has_phone_consent,
        count(*) FILTER (WHERE channel = 'letter' AND consent = 'given') > 0 AS has_letter_consent,
        count(*) FILTER (WHERE channel = 'chat' AND consent = 'given') > 0 AS has_chat_consent
    FROM contact_known
    WHERE status IS NULL OR status <> 'wrong'
    GROUP BY customer_id
),
adverse AS (
    SELECT
        customer_id,
        count(*) AS adverse_records_60m,
        count(*) FILTER (WHERE kind = 'business') AS business_records_60m,
        count(*) FILTER (WHERE kind = 'tax') AS tax_records_60m,
        count(*) FILTER (WHERE kind = 'court') AS court_records_60m,
        count(*) FILTER (WHERE kind = 'insolvency') AS insolvency_records_60m,
        count(*) FILTER (WHERE ended_on IS NULL OR ended_on >= CAST(:as_of AS DATE)) AS standing_records_60m,
        CAST(:as_of AS DATE) - max(published_on) AS days_since_adverse_record
    FROM external_record_known
    WHERE published_on >= CAST(:as_of AS DATE) - INTERVAL '60' MONTH
    GROUP BY customer_id
)
SELECT
    customer_known.customer_id,
    customer_known.kind AS customer_kind,
    reached.customer_id IS NOT NULL AS has_address,
    coalesce(reached.has_email_consent, FALSE) AS has_email_consent,
    coalesce(reached.has_sms_consent, FALSE) AS has_sms_consent,
    coalesce(reached.has_phone_consent, FALSE) AS has_phone_consent,
    coalesce(reached.has_letter_consent, FALSE) AS has_letter_consent,
    coalesce(reached.has_chat_consent, FALSE) AS has_chat_consent,
    coalesce(adverse.adverse_records_60m, 0) AS adverse_records_60m,
    coalesce(adverse.business_records_60m, 0) AS business_records_60m,
    coalesce(adverse.tax_records_60m, 0) AS tax_records_60m,
    coalesce(adverse.court_records_60m, 0) AS court_records_60m,
    coalesce(adverse.insolvency_records_60m, 0) AS insolvency_records_60m,
    coalesce(adverse.standing_records_60m, 0) AS standing_records_60m,
    adverse.days_since_adverse_record
FROM customer_known
LEFT JOIN reached ON reached.customer_id = customer_known.customer_id
LEFT JOIN adverse ON adverse.customer_id = customer_known.customer_id
