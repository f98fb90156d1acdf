-- grain:  one row per account that staff may open tonight
-- inputs: chosen, person, linked, stance, features, scores, signals, bill_known, payment_known, adjustment_known,
--         dispute_known, incident_known, hold_known, protection_known, security_known, arrangement_known
-- rule:   everything that is known of the account and that its page shows, as lists in the order in which they are read; what
--         is cancelled, reversed or overturned is in them. An account that is open no more has no features
WITH bill AS (
    SELECT account_id, list({
        'bill_id': bill_id, 'issued_on': issued_on, 'period_start_on': period_start_on, 'period_end_on': period_end_on,
        'due_on': due_on, 'amount': amount, 'energy_wh': energy_wh, 'status': status, 'kind': kind
    } ORDER BY due_on, issued_on, bill_id) AS bills
    FROM bill_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
payment AS (
    SELECT account_id, list({
        'payment_id': payment_id, 'paid_on': paid_on, 'amount': amount, 'channel': channel,
        'reverses_payment_id': reverses_payment_id
    } ORDER BY paid_on, payment_id) AS payments
    FROM payment_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
adjustment AS (
    SELECT account_id, list({
        'adjustment_id': adjustment_id, 'kind': kind, 'adjusted_on': adjusted_on, 'amount': amount, 'bill_id': bill_id,
        'due_on': due_on, 'status': status
    } ORDER BY adjusted_on, adjustment_id) AS adjustments
    FROM adjustment_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
dispute AS (
    SELECT account_id, list({'bill_id': bill_id, 'opened_on': opened_on, 'closed_on': closed_on}
        ORDER BY opened_on, dispute_id) AS disputes
    FROM dispute_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
incident AS (
    SELECT account_id, list({
        'incident_id': incident_id, 'kind': kind, 'confirmed_on': confirmed_on, 'status': status,
        'recovery_amount': recovery_amount
    } ORDER BY confirmed_on, incident_id) AS incidents
    FROM incident_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
hold AS (
    SELECT account_id, list({
        'hold_id': hold_id, 'bill_id': bill_id, 'reason': reason, 'from_on': from_on, 'until_on': until_on
    } ORDER BY from_on, hold_id) AS holds
    FROM hold_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
protection AS (
    SELECT account_id, list({'kind': kind, 'valid_from_on': valid_from_on, 'valid_until_on': valid_until_on}
        ORDER BY protection_id) AS protections
    FROM protection_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
security AS (
    SELECT account_id, list({
        'kind': kind, 'amount': amount, 'valid_from_on': valid_from_on, 'valid_until_on': valid_until_on, 'status': status
    } ORDER BY valid_from_on, security_id) AS securities
    FROM security_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
),
arrangement AS (
    SELECT account_id, list({
        'arrangement_id': arrangement_id, 'part_no': part_no, 'kind': kind, 'agreed_on': agreed_on, 'due_on': due_on,
        'amount': amount, 'status': status
    } ORDER BY agreed_on, arrangement_id, part_no) AS arrangements
    FROM arrangement_known SEMI JOIN chosen USING (account_id) GROUP BY account_id
)
SELECT
    person.*,
    linked.linked,
    linked.linked_accounts,
    linked.linked_open_amount,
    linked.linked_overdue_amount,
    features,
    scores,
    signals,
    stance.matched AS stance,
    bill.bills,
    payment.payments,
    adjustment.adjustments,
    dispute.disputes,
    incident.incidents,
    hold.holds,
    protection.protections,
    security.securities,
    arrangement.arrangements
FROM person
JOIN chosen ON chosen.account_id = person.account_id
LEFT JOIN linked ON linked.customer_id = person.customer_id
LEFT JOIN features ON features.account_id = person.account_id
LEFT JOIN scores ON scores.account_id = person.account_id
LEFT JOIN signals ON signals.account_id = person.account_id
LEFT JOIN stance ON stance.account_id = person.account_id
LEFT JOIN bill ON bill.account_id = person.account_id
LEFT JOIN payment ON payment.account_id = person.account_id
LEFT JOIN adjustment ON adjustment.account_id = person.account_id
LEFT JOIN dispute ON dispute.account_id = person.account_id
LEFT JOIN incident ON incident.account_id = person.account_id
LEFT JOIN hold ON hold.account_id = person.account_id
LEFT JOIN protection ON protection.account_id = person.account_id
LEFT JOIN security ON security.account_id = person.account_id
LEFT JOIN arrangement ON arrangement.account_id = person.account_id
ORDER BY person.account_id
