-- grain:  one row per address of the customer of an account to which something may leave
-- inputs: waiting, account_known, contact_known, premise_known
-- rule:   what the customer allows, and whether the address is wrong, are told and not judged; whose letters go nowhere else
--         gets them where the supply is
WITH reached AS (
    SELECT DISTINCT waiting.account_id, account_known.customer_id, account_known.premise_id
    FROM waiting
    JOIN account_known ON account_known.account_id = waiting.account_id
)

SELECT
    reached.account_id,
    contact_known.contact_id,
    contact_known.channel,
    contact_known.address,
    contact_known.consent,
    contact_known.status
FROM reached
JOIN contact_known ON contact_known.customer_id = reached.customer_id
WHERE contact_known.channel IN ('email', 'sms', 'chat', 'letter')
UNION ALL
SELECT
    reached.account_id,
    '~premise' AS contact_id,
    'letter' AS channel,
    premise_known.address,
    'unknown' AS consent,
    CAST(NULL AS VARCHAR) AS status
FROM reached
JOIN premise_known ON premise_known.premise_id = reached.premise_id
WHERE
    premise_known.address IS NOT NULL
    AND reached.customer_id NOT IN (
        SELECT letter.customer_id
        FROM contact_known AS letter
        WHERE letter.channel = 'letter' AND coalesce(letter.status, 'valid') = 'valid'
    )
ORDER BY 1, 2
