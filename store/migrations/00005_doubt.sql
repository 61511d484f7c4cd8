-- doubt is what a person must look into about a payment, whatever its state: nothing but a better one takes its place. It was a reason before,
-- which the next thing that became known replaced. A check of a paid ticket is the ticket's too, since its receipt may turn out to be
-- another's; 0 is a receipt that a person has accepted, asked about at once. A claim that a person has accepted says so.
-- +goose Up
ALTER TABLE payment ADD COLUMN doubt TEXT NOT NULL DEFAULT '';
UPDATE payment SET doubt = reason, reason = 'refund_asked' WHERE reason IN ('returned_twice', 'returned_other', 'returned_short');
CREATE INDEX payment_doubt ON payment (id) WHERE doubt <> '';
ALTER TABLE paid_check ADD COLUMN ticket_id BIGINT NOT NULL DEFAULT 0;
UPDATE claim SET reason = 'accepted' WHERE state = 'confirmed' AND result_text LIKE 'accepted by %';

-- +goose Down
UPDATE claim SET reason = '' WHERE reason = 'accepted';
ALTER TABLE paid_check DROP COLUMN ticket_id;
DROP INDEX payment_doubt;
UPDATE payment SET reason = doubt WHERE doubt IN ('returned_twice', 'returned_other', 'returned_short');
ALTER TABLE payment DROP COLUMN doubt;
