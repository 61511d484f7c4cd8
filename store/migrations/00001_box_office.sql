-- One text for SQLite and PostgreSQL: TEXT and BIGINT only, ids and instants (UTC milliseconds) come from Go.
-- +goose Up
CREATE TABLE setting (
    key        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE movie (
    id              BIGINT PRIMARY KEY,
    slug            TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL,
    synopsis        TEXT NOT NULL,
    poster          TEXT NOT NULL,
    poster_alt      TEXT NOT NULL,
    runtime_minutes BIGINT NOT NULL CHECK (runtime_minutes > 0),
    age_rating      TEXT NOT NULL CHECK (age_rating IN ('GE', 'PG', '16', '18')),
    genre           TEXT NOT NULL,
    language        TEXT NOT NULL,
    archived_at     BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);

-- plan: one line a row, its label, then o (seat), w (accessible place) or _ (aisle).
CREATE TABLE hall (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    plan       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE screening (
    id             BIGINT PRIMARY KEY,
    movie_id       BIGINT NOT NULL REFERENCES movie (id),
    hall_id        BIGINT NOT NULL REFERENCES hall (id),
    starts_at      BIGINT NOT NULL,
    sales_close_at BIGINT NOT NULL,
    price_cents    BIGINT NOT NULL CHECK (price_cents > 0),
    capacity       BIGINT NOT NULL CHECK (capacity > 0),
    status         TEXT NOT NULL CHECK (status IN ('on_sale', 'closed', 'cancelled')),
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE INDEX screening_starts ON screening (starts_at);
CREATE INDEX screening_movie ON screening (movie_id, starts_at);

-- version grows with whatever the ticket's page shows. failure_reason is '' unless payment_status is Failed. hold_until is NULL once the seats are paid for or given up.
CREATE TABLE ticket (
    id              BIGINT PRIMARY KEY,
    screening_id    BIGINT NOT NULL REFERENCES screening (id),
    code            TEXT NOT NULL UNIQUE,
    secret          TEXT NOT NULL UNIQUE,
    customer_name   TEXT NOT NULL,
    phone           TEXT NOT NULL,
    quantity        BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10),
    total           BIGINT NOT NULL CHECK (total BETWEEN 1 AND 250000),
    payment_status  TEXT NOT NULL CHECK (payment_status IN ('Pending', 'Paid', 'Failed')),
    failure_reason  TEXT NOT NULL,
    receipt         TEXT NOT NULL,
    transacted_at   BIGINT,
    seats           TEXT NOT NULL,
    seats_moved     BIGINT NOT NULL,
    held_since      BIGINT NOT NULL,
    hold_until      BIGINT,
    idempotency_key TEXT NOT NULL UNIQUE,
    fingerprint     TEXT NOT NULL,
    browser         TEXT NOT NULL,
    voided_at       BIGINT,
    void_reason     TEXT NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX ticket_screening ON ticket (screening_id);
CREATE INDEX ticket_hold ON ticket (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX ticket_phone_hold ON ticket (phone) WHERE hold_until IS NOT NULL;
CREATE INDEX ticket_browser_hold ON ticket (browser) WHERE hold_until IS NOT NULL AND browser <> '';

-- The one owner of a seat is why nothing can be sold twice. row_no and col_no place it; a jump in col_no is an aisle.
CREATE TABLE seat (
    screening_id BIGINT NOT NULL REFERENCES screening (id),
    label        TEXT NOT NULL,
    row_no       BIGINT NOT NULL,
    col_no       BIGINT NOT NULL,
    accessible   BIGINT NOT NULL CHECK (accessible IN (0, 1)),
    ticket_id    BIGINT REFERENCES ticket (id),
    admitted_at  BIGINT,
    admitted_by  BIGINT,
    PRIMARY KEY (screening_id, label)
);
CREATE INDEX seat_ticket ON seat (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX seat_taken ON seat (screening_id) WHERE ticket_id IS NOT NULL;

-- live is 1 while a prompt may be answered; it ends with a final answer or at live_until. next_query_at is when M-PESA is to be
-- asked what became of it, NULL once it is decided or given over to a person; whoever asks holds it until lease_until.
CREATE TABLE push_request (
    id                  BIGINT PRIMARY KEY,
    ticket_id           BIGINT NOT NULL REFERENCES ticket (id),
    callback_token      TEXT NOT NULL UNIQUE,
    checkout_request_id TEXT UNIQUE,
    merchant_request_id TEXT UNIQUE,
    phone               TEXT NOT NULL,
    amount              BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 250000),
    state               TEXT NOT NULL CHECK (state IN ('sending', 'prompted', 'unknown', 'refused', 'soft_failed', 'failed', 'paid')),
    live                BIGINT NOT NULL CHECK (live IN (0, 1)),
    live_until          BIGINT NOT NULL,
    result_code         TEXT NOT NULL,
    result_text         TEXT NOT NULL,
    reason              TEXT NOT NULL,
    queries             BIGINT NOT NULL,
    next_query_at       BIGINT,
    lease_until         BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL
);
CREATE INDEX push_query ON push_request (next_query_at) WHERE next_query_at IS NOT NULL;
CREATE UNIQUE INDEX push_live_phone ON push_request (phone) WHERE live = 1;
CREATE UNIQUE INDEX push_live_ticket ON push_request (ticket_id) WHERE live = 1;
CREATE INDEX push_ticket ON push_request (ticket_id, id);
CREATE INDEX push_sending ON push_request (created_at) WHERE state = 'sending';

-- Written as it came, before anything is made of it; only outcome and decided_at are filled in later.
CREATE TABLE callback (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    token       TEXT NOT NULL,
    known       BIGINT NOT NULL CHECK (known IN (0, 1)),
    source      TEXT NOT NULL,
    body        TEXT NOT NULL,
    encoding    TEXT NOT NULL CHECK (encoding IN ('text', 'base64')),
    size        BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    outcome     TEXT,
    decided_at  BIGINT
);
CREATE INDEX callback_open ON callback (id) WHERE outcome IS NULL;
CREATE INDEX callback_stranger ON callback (id) WHERE known = 0;

-- Every receipt of money. amount_cents is what M-PESA said it took; NULL where it did not say. phone may be masked and account is
-- what the payer typed, where M-PESA told it by a C2B confirmation. A row that turned out to be the same money as another is
-- superseded; none is ever deleted.
CREATE TABLE payment (
    id            BIGINT PRIMARY KEY,
    receipt       TEXT UNIQUE,
    push_id       BIGINT UNIQUE REFERENCES push_request (id),
    ticket_id     BIGINT REFERENCES ticket (id),
    amount_cents  BIGINT,
    phone         TEXT NOT NULL,
    account       TEXT NOT NULL,
    transacted_at BIGINT,
    learnt_by     TEXT NOT NULL CHECK (learnt_by IN ('callback', 'query', 'c2b', 'typed', 'pull', 'person')),
    state         TEXT NOT NULL CHECK (state IN ('applied', 'refund_due', 'unmatched', 'refunded', 'reversed_elsewhere', 'superseded')),
    reason        TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX payment_ticket ON payment (ticket_id);
CREATE INDEX payment_open ON payment (state) WHERE state IN ('refund_due', 'unmatched');
CREATE INDEX payment_no_receipt ON payment (id) WHERE receipt IS NULL;

-- method is reversal (by M-PESA's API; result_token is in its ResultURL) or hand, with the reference of what a person did. sent is how
-- often the Reversal went out; next_at is when to send it, or to ask what became of it, NULL while nothing is to be done.
CREATE TABLE refund (
    id                         BIGINT PRIMARY KEY,
    payment_id                 BIGINT NOT NULL REFERENCES payment (id),
    amount_cents               BIGINT NOT NULL CHECK (amount_cents > 0),
    seats                      TEXT NOT NULL,
    method                     TEXT NOT NULL CHECK (method IN ('reversal', 'hand')),
    state                      TEXT NOT NULL CHECK (state IN ('requested', 'refunded', 'failed')),
    requested_by               TEXT NOT NULL,
    reason                     TEXT NOT NULL,
    reference                  TEXT NOT NULL,
    result_token               TEXT NOT NULL UNIQUE,
    originator_conversation_id TEXT UNIQUE,
    conversation_id            TEXT UNIQUE,
    sent                       BIGINT NOT NULL,
    next_at                    BIGINT,
    lease_until                BIGINT NOT NULL,
    result_code                TEXT NOT NULL,
    result_text                TEXT NOT NULL,
    created_at                 BIGINT NOT NULL,
    updated_at                 BIGINT NOT NULL
);
CREATE UNIQUE INDEX refund_open ON refund (payment_id) WHERE state = 'requested';
CREATE INDEX refund_payment ON refund (payment_id);
CREATE INDEX refund_next ON refund (next_at) WHERE next_at IS NOT NULL;

-- A receipt whose truth M-PESA is asked for by Transaction Status: one that a customer typed on a ticket's page, or one that a C2B
-- confirmation named for a ticket. state: asking, then confirmed, refused, or person where a person must decide.
CREATE TABLE claim (
    id            BIGINT PRIMARY KEY,
    receipt       TEXT NOT NULL,
    ticket_id     BIGINT NOT NULL REFERENCES ticket (id),
    source        TEXT NOT NULL CHECK (source IN ('typed', 'c2b', 'pull')),
    phone         TEXT NOT NULL,
    browser       TEXT NOT NULL,
    result_token  TEXT NOT NULL UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('asking', 'confirmed', 'refused', 'person')),
    reason        TEXT NOT NULL,
    sent          BIGINT NOT NULL,
    next_at       BIGINT,
    lease_until   BIGINT NOT NULL,
    result_text   TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);
CREATE INDEX claim_ticket ON claim (ticket_id);
CREATE INDEX claim_phone ON claim (phone);
CREATE INDEX claim_receipt ON claim (receipt);
CREATE INDEX claim_next ON claim (next_at) WHERE next_at IS NOT NULL;

-- Work that one process at a time does, such as ending holds, and the pace that all processes keep towards Daraja together.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  BIGINT NOT NULL
);

-- One row a kind of call to Daraja: when the next one may go out, how many went wrong running, and until when it is left alone.
CREATE TABLE pace (
    name       TEXT PRIMARY KEY,
    next_at    BIGINT NOT NULL,
    failures   BIGINT NOT NULL,
    rest_until BIGINT NOT NULL
);

CREATE TABLE session (
    token      TEXT PRIMARY KEY,
    data       TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_expiry ON session (expires_at);

-- +goose Down
DROP TABLE session;
DROP TABLE pace;
DROP TABLE lease;
DROP TABLE claim;
DROP TABLE refund;
DROP TABLE payment;
DROP TABLE callback;
DROP TABLE push_request;
DROP TABLE seat;
DROP TABLE ticket;
DROP TABLE screening;
DROP TABLE hall;
DROP TABLE movie;
DROP TABLE setting;
