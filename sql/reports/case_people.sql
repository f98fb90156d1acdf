-- grain:  one row per account that staff may open tonight: who and where it is
-- inputs: wanted, account_known, customer_known, premise_known
SELECT
    account_known.account_id,
    account_known.customer_id,
    account_known.district,
    account_known.voltage_class,
    account_known.tariff,
    account_known.opened_on,
    account_known.closed_on,
    customer_known.name AS customer_name,
    customer_known.kind AS customer_kind,
    customer_known.language AS customer_language,
    premise_known.address,
    premise_known.postcode
FROM account_known
JOIN wanted ON wanted.account_id = account_known.account_id
LEFT JOIN customer_known ON customer_known.customer_id = account_known.customer_id
LEFT JOIN premise_known ON premise_known.premise_id = account_known.premise_id
