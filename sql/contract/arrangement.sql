-- grain: one row per part of a deferral, an instalment plan or a promise to pay, and version
-- key:   arrangement_id, part_no
-- event: agreed_on
-- slot:  account_id
-- references: account_id account
-- optional: currency
-- ahead: due_on
SELECT
    arrangement_id,
    TRY_CAST(part_no AS INTEGER) AS part_no,
    account_id,
    kind,
    TRY_CAST(agreed_on AS DATE) AS agreed_on,
    TRY_CAST(due_on AS DATE) AS due_on,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    status,
    currency,
    recorded_at,
    CASE
        WHEN arrangement_id IS NULL THEN 'arrangement_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN TRY_CAST(part_no AS INTEGER) IS NULL OR TRY_CAST(part_no AS INTEGER) < 1 THEN 'part_no.not_a_number'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN kind IS NULL OR kind NOT IN ('deferral', 'instalment', 'promise') THEN 'kind.unknown'
        WHEN TRY_CAST(agreed_on AS DATE) IS NULL THEN 'agreed_on.not_a_date'
        WHEN TRY_CAST(due_on AS DATE) IS NULL THEN 'due_on.not_a_date'
        WHEN TRY_CAST(due_on AS DATE) < TRY_CAST(agreed_on AS DATE) THEN 'due_on.before_agreement'
        WHEN TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <= 0 THEN 'amount.not_positive'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
        WHEN status IS NULL OR status NOT IN ('open', 'kept', 'broken', 'cancelled') THEN 'status.unknown'
    END AS broken_rule
FROM staged
