-- grain: one row per public record about a customer and version: business register, tax office, courts
-- key:   record_id
-- event: published_on
-- slot:  customer_id
-- references: customer_id customer
-- optional: ended_on, amount, currency
-- open_ended: ended_on
SELECT
    record_id,
    customer_id,
    kind,
    TRY_CAST(published_on AS DATE) AS published_on,
    TRY_CAST(ended_on AS DATE) AS ended_on,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    currency,
    recorded_at,
    CASE
        WHEN record_id IS NULL THEN 'record_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN customer_id IS NULL THEN 'customer_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('business', 'tax', 'court', 'insolvency') THEN 'kind.unknown'
        WHEN TRY_CAST(published_on AS DATE) IS NULL THEN 'published_on.not_a_date'
        WHEN ended_on IS NOT NULL AND TRY_CAST(ended_on AS DATE) IS NULL THEN 'ended_on.not_a_date'
        WHEN TRY_CAST(ended_on AS DATE) < TRY_CAST(published_on AS DATE) THEN 'ended_on.before_publication'
        WHEN amount IS NOT NULL AND TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN amount IS NOT NULL AND TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) < 0 THEN 'amount.negative'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
    END AS broken_rule
FROM staged
