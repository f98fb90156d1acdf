-- grain: one row per bill and version; a cancelled bill is a version with status 'cancelled'
-- key:   bill_id
-- event: issued_on
-- slot:  account_id
-- money: amount
-- references: account_id account
-- optional: kind, peak_wh, flat_wh, valley_wh, currency
-- ahead: due_on, period_start_on, period_end_on
SELECT
    bill_id,
    account_id,
    TRY_CAST(issued_on AS DATE) AS issued_on,
    TRY_CAST(period_start_on AS DATE) AS period_start_on,
    TRY_CAST(period_end_on AS DATE) AS period_end_on,
    TRY_CAST(due_on AS DATE) AS due_on,
    TRY_CAST(amount AS DECIMAL(18, 2)) AS amount,
    TRY_CAST(energy_wh AS BIGINT) AS energy_wh,
    status,
    kind,
    TRY_CAST(peak_wh AS BIGINT) AS peak_wh,
    TRY_CAST(flat_wh AS BIGINT) AS flat_wh,
    TRY_CAST(valley_wh AS BIGINT) AS valley_wh,
    currency,
    recorded_at,
    CASE
        WHEN bill_id IS NULL THEN 'bill_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN TRY_CAST(issued_on AS DATE) IS NULL THEN 'issued_on.not_a_date'
        WHEN TRY_CAST(due_on AS DATE) IS NULL THEN 'due_on.not_a_date'
        WHEN TRY_CAST(due_on AS DATE) < TRY_CAST(issued_on AS DATE) THEN 'due_on.before_issue'
        WHEN TRY_CAST(period_start_on AS DATE) IS NULL THEN 'period_start_on.not_a_date'
        WHEN TRY_CAST(period_end_on AS DATE) IS NULL THEN 'period_end_on.not_a_date'
        WHEN TRY_CAST(period_end_on AS DATE) < TRY_CAST(period_start_on AS DATE) THEN 'period_end_on.before_start'
        WHEN TRY_CAST(amount AS DECIMAL(38, 8)) IS NULL THEN 'amount.not_a_number'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) IS NULL THEN 'amount.too_large'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) < 0 THEN 'amount.negative'
        WHEN TRY_CAST(amount AS DECIMAL(18, 2)) <> TRY_CAST(amount AS DECIMAL(38, 8)) THEN 'amount.finer_than_a_cent'
        WHEN energy_wh IS NOT NULL AND TRY_CAST(energy_wh AS BIGINT) IS NULL THEN 'energy_wh.not_a_number'
        WHEN TRY_CAST(energy_wh AS BIGINT) <> TRY_CAST(energy_wh AS DECIMAL(24, 6)) THEN 'energy_wh.not_whole'
        WHEN status IS NULL OR status NOT IN ('issued', 'cancelled') THEN 'status.unknown'
        WHEN kind NOT IN ('use', 'recovery') THEN 'kind.unknown'
        WHEN peak_wh IS NOT NULL AND TRY_CAST(peak_wh AS BIGINT) IS NULL THEN 'peak_wh.not_a_number'
        WHEN TRY_CAST(peak_wh AS BIGINT) <> TRY_CAST(peak_wh AS DECIMAL(24, 6)) THEN 'peak_wh.not_whole'
        WHEN TRY_CAST(peak_wh AS BIGINT) < 0 THEN 'peak_wh.negative'
        WHEN flat_wh IS NOT NULL AND TRY_CAST(flat_wh AS BIGINT) IS NULL THEN 'flat_wh.not_a_number'
        WHEN TRY_CAST(flat_wh AS BIGINT) <> TRY_CAST(flat_wh AS DECIMAL(24, 6)) THEN 'flat_wh.not_whole'
        WHEN TRY_CAST(flat_wh AS BIGINT) < 0 THEN 'flat_wh.negative'
        WHEN valley_wh IS NOT NULL AND TRY_CAST(valley_wh AS BIGINT) IS NULL THEN 'valley_wh.not_a_number'
        WHEN TRY_CAST(valley_wh AS BIGINT) <> TRY_CAST(valley_wh AS DECIMAL(24, 6)) THEN 'valley_wh.not_whole'
        WHEN TRY_CAST(valley_wh AS BIGINT) < 0 THEN 'valley_wh.negative'
        WHEN coalesce(TRY_CAST(peak_wh AS BIGINT), 0) + coalesce(TRY_CAST(flat_wh AS BIGINT), 0)
            + coalesce(TRY_CAST(valley_wh AS BIGINT), 0) > TRY_CAST(energy_wh AS BIGINT) THEN 'energy_wh.less_than_its_periods'
    END AS broken_rule
FROM staged
