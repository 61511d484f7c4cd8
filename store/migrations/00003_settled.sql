-- settled is what a person has taken off the list of money, in the state and for the reason that it had then: where either is another
-- now, it is on the list again. Nothing else depends on it.
-- +goose Up
CREATE TABLE settled (
    kind    TEXT NOT NULL CHECK (kind IN ('payment', 'push', 'claim')),
    id      BIGINT NOT NULL,
    state   TEXT NOT NULL,
    reason  TEXT NOT NULL,
    note    TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);

-- +goose Down
DROP TABLE settled;
