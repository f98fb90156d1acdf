-- grain:  one row per open account, in the order of account ids
-- inputs: own_features, linked_accounts
-- rule:   an account that is linked to no other has none, and none of their debt
SELECT
    own_features.* EXCLUDE (guarantor_customer_id, premise_id),
    CAST(coalesce(linked_accounts.same_owner_accounts, 0) AS INTEGER) AS same_owner_accounts,
    CAST(coalesce(linked_accounts.same_guarantor_accounts, 0) AS INTEGER) AS same_guarantor_accounts,
    CAST(coalesce(linked_accounts.same_premises_accounts, 0) AS INTEGER) AS same_premises_accounts,
    CAST(coalesce(linked_accounts.linked_accounts, 0) AS INTEGER) AS linked_accounts,
    CAST(coalesce(linked_accounts.linked_overdue_accounts, 0) AS INTEGER) AS linked_overdue_accounts,
    coalesce(linked_accounts.linked_open_amount, 0) AS linked_open_amount,
    coalesce(linked_accounts.linked_overdue_amount, 0) AS linked_overdue_amount
FROM own_features
LEFT JOIN linked_accounts ON linked_accounts.account_id = own_features.account_id
ORDER BY own_features.account_id
