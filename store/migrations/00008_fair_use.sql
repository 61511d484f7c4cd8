-- client is who booked, or tried again last: an address block, or partner: and a name; '' where it does not count against one, and a day after,
-- when it is forgotten. What it holds and what became of its prompts is read by it for each booking, and so is what a browser holds and has
-- paid for: an index for all its tickets takes the place of one for those that hold seats.
-- +goose Up
ALTER TABLE ticket ADD COLUMN client TEXT NOT NULL DEFAULT '';
CREATE INDEX ticket_client ON ticket (client, held_since) WHERE client <> '';
CREATE INDEX push_phone ON push_request (phone, created_at);
DROP INDEX ticket_browser_hold;
CREATE INDEX ticket_browser ON ticket (browser) WHERE browser <> '';
DROP INDEX ticket_screening;
CREATE INDEX ticket_screening ON ticket (screening_id, client);

-- +goose Down
DROP INDEX ticket_screening;
CREATE INDEX ticket_screening ON ticket (screening_id);
DROP INDEX ticket_browser;
CREATE INDEX ticket_browser_hold ON ticket (browser) WHERE hold_until IS NOT NULL AND browser <> '';
DROP INDEX push_phone;
DROP INDEX ticket_client;
ALTER TABLE ticket DROP COLUMN client;
