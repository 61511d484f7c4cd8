-- A MerchantRequestID need not be a push's alone: the column that had to be unique stays behind empty. query_text is what M-PESA last answered when it
-- was asked about a push, where that was no verdict. A row of M-PESA's own list (kind pull) is kept once where it cannot be read: its token is its
-- content's. What M-PESA asks before a payment (validation) is kept until its confirmation has come.
-- +goose Up
ALTER TABLE push_request RENAME COLUMN merchant_request_id TO merchant_request_id_unique;
ALTER TABLE push_request ADD COLUMN merchant_request_id TEXT;
UPDATE push_request SET merchant_request_id = merchant_request_id_unique, merchant_request_id_unique = NULL WHERE merchant_request_id_unique IS NOT NULL;
ALTER TABLE push_request ADD COLUMN query_text TEXT NOT NULL DEFAULT '';
DROP INDEX callback_unread;
CREATE INDEX callback_unread ON callback (id) WHERE outcome IN ('unreadable', 'amount not known', 'receipt of another payment', 'receipt not understood');
CREATE INDEX callback_validation ON callback (id) WHERE outcome = 'validation';
CREATE UNIQUE INDEX callback_pull ON callback (token) WHERE kind = 'pull';

-- +goose Down
DROP INDEX callback_pull;
DROP INDEX callback_validation;
DROP INDEX callback_unread;
CREATE INDEX callback_unread ON callback (id) WHERE outcome IN ('unreadable', 'amount not known', 'receipt of another payment');
ALTER TABLE push_request DROP COLUMN query_text;
UPDATE push_request SET merchant_request_id_unique = merchant_request_id WHERE (SELECT count(*) FROM push_request p WHERE p.merchant_request_id = push_request.merchant_request_id) = 1;
ALTER TABLE push_request DROP COLUMN merchant_request_id;
ALTER TABLE push_request RENAME COLUMN merchant_request_id_unique TO merchant_request_id;
