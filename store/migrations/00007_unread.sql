-- One row a callback with a token of ours that was not understood whole, with what is legible in it: it is on the list until M-PESA has said by another
-- way what it was about, or a person has looked into it. paid is 1 where it said plainly that its push was paid. What a person has taken off the list may be
-- such a callback.
-- +goose Up
CREATE TABLE unread (
    callback_id   BIGINT PRIMARY KEY REFERENCES callback (id),
    push_id       BIGINT REFERENCES push_request (id),
    ticket_id     BIGINT REFERENCES ticket (id),
    paid          BIGINT NOT NULL CHECK (paid IN (0, 1)),
    receipt       TEXT,
    amount_cents  BIGINT,
    phone         TEXT NOT NULL,
    account       TEXT NOT NULL,
    transacted_at BIGINT,
    why           TEXT NOT NULL,
    legible       TEXT NOT NULL,
    created_at    BIGINT NOT NULL
);
CREATE INDEX unread_push ON unread (push_id) WHERE push_id IS NOT NULL;
CREATE INDEX unread_receipt ON unread (receipt) WHERE receipt IS NOT NULL;
CREATE INDEX callback_unread ON callback (id) WHERE outcome IN ('unreadable', 'amount not known', 'receipt of another payment');
CREATE TABLE settled_entry (
    kind    TEXT NOT NULL CHECK (kind IN ('payment', 'push', 'claim', 'callback')),
    id      BIGINT NOT NULL,
    state   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    note    TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
INSERT INTO settled_entry SELECT kind, id, state, reason, note, by_whom, at FROM settled;
DROP TABLE settled;
ALTER TABLE settled_entry RENAME TO settled;

-- +goose Down
DELETE FROM settled WHERE kind = 'callback';
DROP INDEX callback_unread;
DROP TABLE unread;
