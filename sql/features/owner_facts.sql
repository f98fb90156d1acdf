-- grain:  one row per open account whose customer is known
-- inputs: cohort, customer_facts
SELECT cohort.account_no, customer_facts.* EXCLUDE (customer_id)
FROM customer_facts
JOIN cohort ON cohort.customer_id = customer_facts.customer_id
