-- grain: one row per hold of an account, or of one bill, and version; while it is open nothing is demanded for what it holds
-- key:   hold_id
-- slot:  account_id
-- references: account_id account
-- optional: bill_id, until_on
-- ahead: from_on
-- open_ended: until_on
-- rule:  it holds on a night from `from_on` up to the one before `until_on`; without a bill it holds the account
SELECT
    hold_id,
    account_id,
    bill_id,
    reason,
    TRY_CAST(from_on AS DATE) AS from_on,
    TRY_CAST(until_on AS DATE) AS until_on,
    recorded_at,
    CASE
        WHEN hold_id IS NULL THEN 'hold_id.missing'
        WHEN recorded_at IS NULL THEN 'recorded_at.not_an_instant'
        WHEN account_id IS NULL THEN 'account_id.missing'
        WHEN reason IS NULL OR reason NOT IN ('dispute', 'promise', 'instalments', 'bankruptcy', 'death', 'assistance', 'vulnerable', 'disaster', 'contest') THEN 'reason.unknown'
        WHEN TRY_CAST(from_on AS DATE) IS NULL THEN 'from_on.not_a_date'
        WHEN until_on IS NOT NULL AND TRY_CAST(until_on AS DATE) IS NULL THEN 'until_on.not_a_date'
        WHEN TRY_CAST(until_on AS DATE) < TRY_CAST(from_on AS DATE) THEN 'until_on.before_start'
    END AS broken_rule
FROM staged
