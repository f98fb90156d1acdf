-- grain: one row per address of a customer and version; what the customer allows is part of it
-- key:   contact_id
-- slot:  customer_id
-- references: customer_id customer
-- optional: status
SELECT
    contact_id,
    customer_id,
    channel,
    address,
    consent,
    status,
    recorded_at,
    CASE
        WHEN contact_id IS NULL THEN 'contact_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN customer_id IS NULL THEN 'customer_id.missing'
        WHEN channel IS NULL OR channel NOT IN ('email', 'sms', 'letter', 'phone', 'chat') THEN 'channel.unknown'
        WHEN address IS NULL THEN 'address.missing'
        WHEN consent IS NULL OR consent NOT IN ('given', 'refused', 'unknown') THEN 'consent.unknown'
        WHEN status NOT IN ('valid', 'wrong') THEN 'status.unknown'
    END AS broken_rule
FROM staged
