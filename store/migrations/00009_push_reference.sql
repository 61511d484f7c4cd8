-- reference is the account number that M-PESA was given with a push: the ticket's code and a mark of the push's own, which nobody is told to type. A
-- confirmation that names it is of that push. It is NULL of pushes that were sent before, with the bare code.
-- +goose Up
ALTER TABLE push_request ADD COLUMN reference TEXT;
CREATE UNIQUE INDEX push_reference ON push_request (reference);

-- +goose Down
DROP INDEX push_reference;
ALTER TABLE push_request DROP COLUMN reference;
