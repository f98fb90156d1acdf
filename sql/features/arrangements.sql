-- grain:  one row per open account that ever had an arrangement
-- inputs: cohort, arrangement_known
-- rule:   part by part: a deferral has one, an instalment plan several, a promise to pay one. A part that is neither kept, broken
--         nor cancelled is open. Broken parts count by the day on which they were due.
WITH part AS (
    SELECT
        cohort.account_no,
        arrangement_known.kind,
        arrangement_known.status,
        arrangement_known.due_on,
        CAST(arrangement_known.amount * 100 AS BIGINT) AS cents
    FROM arrangement_known
    JOIN cohort ON cohort.account_id = arrangement_known.account_id
)
SELECT
    account_no,
    count(*) FILTER (WHERE status = 'open' AND kind <> 'promise') > 0 AS is_in_arrangement,
    coalesce(sum(cents) FILTER (WHERE status = 'open' AND kind <> 'promise'), 0) AS arranged_cents,
    coalesce(
        sum(cents) FILTER (WHERE status = 'open' AND kind <> 'promise' AND due_on < CAST(:as_of AS DATE)), 0
    ) AS arranged_overdue_cents,
    min(due_on) FILTER (WHERE status = 'open' AND kind <> 'promise' AND due_on >= CAST(:as_of AS DATE))
        AS next_arranged_due_on,
    coalesce(sum(cents) FILTER (WHERE status = 'open' AND kind = 'promise'), 0) AS promised_cents,
    min(due_on) FILTER (WHERE status = 'open' AND kind = 'promise') AS promised_on,
    count(*) FILTER (
        WHERE status = 'broken' AND kind = 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH
    ) AS broken_promises_3m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind = 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH
    ) AS broken_promises_6m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind = 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH
    ) AS broken_promises_12m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind = 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
    ) AS broken_promises_24m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind <> 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '3' MONTH
    ) AS broken_instalments_3m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind <> 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '6' MONTH
    ) AS broken_instalments_6m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind <> 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '12' MONTH
    ) AS broken_instalments_12m,
    count(*) FILTER (
        WHERE status = 'broken' AND kind <> 'promise' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH
    ) AS broken_instalments_24m,
    CAST(
        count(*) FILTER (WHERE status = 'kept' AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH) AS DOUBLE
    ) / nullif(
        count(*) FILTER (WHERE status IN ('kept', 'broken') AND due_on >= CAST(:as_of AS DATE) - INTERVAL '24' MONTH), 0
    ) AS kept_arrangement_share_24m
FROM part
GROUP BY account_no
