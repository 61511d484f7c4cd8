-- One row a receipt that has paid for a ticket and that M-PESA is asked about again, since it tells nobody that a payment was reversed. round is
-- 1 before the film, 2 the day after; next_at is when to ask, NULL once it is answered or has been asked about often enough.
-- +goose Up
CREATE TABLE paid_check (
    receipt       TEXT PRIMARY KEY,
    round         BIGINT NOT NULL CHECK (round IN (1, 2)),
    result_token  TEXT NOT NULL UNIQUE,
    timeout_token TEXT NOT NULL UNIQUE,
    sent          BIGINT NOT NULL,
    next_at       BIGINT,
    result_text   TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX paid_check_next ON paid_check (next_at) WHERE next_at IS NOT NULL;

-- +goose Down
DROP TABLE paid_check;
