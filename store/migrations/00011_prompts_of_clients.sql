-- client is who asked for the prompt, as a ticket's client is who booked. What became of a client's prompts in the last hour is counted for each
-- booking from the index alone, and what it holds from another. Of a claim it is the client of the ticket that a receipt was typed for.
-- +goose Up
ALTER TABLE push_request ADD COLUMN client TEXT NOT NULL DEFAULT '';
UPDATE push_request SET client = (SELECT client FROM ticket WHERE ticket.id = push_request.ticket_id) WHERE ticket_id IN (SELECT id FROM ticket WHERE client <> '');
CREATE INDEX push_client ON push_request (client, state, created_at, reason) WHERE client <> '';
CREATE INDEX ticket_client_hold ON ticket (client, screening_id) WHERE hold_until IS NOT NULL AND client <> '';
ALTER TABLE claim ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE INDEX claim_client ON claim (client, created_at) WHERE client <> '';
DELETE FROM lease WHERE name LIKE 'browsers %' OR name LIKE 'clients %' OR name LIKE 'money %';

-- +goose Down
DROP INDEX claim_client;
ALTER TABLE claim DROP COLUMN client;
DROP INDEX ticket_client_hold;
DROP INDEX push_client;
ALTER TABLE push_request DROP COLUMN client;
