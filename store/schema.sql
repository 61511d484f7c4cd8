-- The whole schema, and the one migration that makes it: one text for SQLite and PostgreSQL, which end with the same tables, columns,
-- constraints and indexes. A change of the schema is a change of this file until the first release, and a migration after it from then on.
--
-- TEXT and BIGINT alone. Ids come from Go: they are below 2^53, unique over all tables, and grow with time. Instants come from Go and are
-- milliseconds UTC. Flags are 0 or 1. A text that is not known is '' and a number or an instant that is not known is NULL, unless a column
-- says otherwise. id is a row's own number; created_at is when it was made, and updated_at when it was last changed. What was
-- reported about money is never deleted: callback, fact, push_request. A row of payment, with what hangs on it, goes where it turns out to be
-- another's.

-- One row a setting of the cinema: its name and contacts, keys made once, and the environment that the database belongs to.
CREATE TABLE setting (
    key        TEXT PRIMARY KEY, -- such as cinema.name
    value      TEXT NOT NULL,    -- as text; may be a secret
    updated_at BIGINT NOT NULL
);

-- The classes of the film board, such as KFCB's GE, PG, 16 and 18, which a new database begins with. One that a film has is not deleted.
CREATE TABLE rating (
    code        TEXT PRIMARY KEY, -- as it stands on posters, such as 16
    name        TEXT NOT NULL,    -- such as Parental guidance
    minimum_age BIGINT NOT NULL CHECK (minimum_age BETWEEN 0 AND 99), -- years; nobody younger is let in, 0 lets in everybody
    explanation TEXT NOT NULL,    -- what it means, in a sentence for customers
    position    BIGINT NOT NULL,  -- where it stands in lists, from the mildest
    updated_at  BIGINT NOT NULL
);

-- A film. It is archived, never deleted. Days are 2026-11-30, in Nairobi.
CREATE TABLE movie (
    id              BIGINT PRIMARY KEY,
    slug            TEXT NOT NULL UNIQUE, -- the title in lower case with dashes
    title           TEXT NOT NULL, -- as the cinema announces it
    short_title     TEXT NOT NULL, -- 12 characters at most, for buttons and receipts
    synopsis        TEXT NOT NULL, -- what it is about, in a few sentences
    poster          TEXT NOT NULL, -- the name of an embedded poster, '' for none
    poster_hash     TEXT NOT NULL, -- of the uploaded poster, as in its address; '' for none
    poster_alt      TEXT NOT NULL, -- what the poster shows, in words
    runtime_minutes BIGINT NOT NULL CHECK (runtime_minutes > 0), -- without trailers
    trailer_minutes BIGINT NOT NULL CHECK (trailer_minutes >= 0), -- trailers and adverts before it
    trailer_url     TEXT NOT NULL, -- where its trailer can be watched
    age_rating      TEXT NOT NULL REFERENCES rating (code), -- its class
    rating_reason   TEXT NOT NULL, -- why it has that class, such as violence
    certificate     TEXT NOT NULL, -- the number of its certificate of approval
    genre           TEXT NOT NULL, -- such as Drama
    format          TEXT NOT NULL, -- such as 3D
    language        TEXT NOT NULL, -- that is spoken in it
    subtitles       TEXT NOT NULL, -- their language
    distributor     TEXT NOT NULL, -- whom it is rented from
    no_free_list    BIGINT NOT NULL CHECK (no_free_list IN (0, 1)), -- 1 where its contract forbids to give tickets away
    opens_on        TEXT NOT NULL, -- the day of its first screening here
    last_on         TEXT NOT NULL, -- the last day that it may be shown
    search          TEXT NOT NULL, -- title, short title and distributor in lower case without accents, for lists
    archived_at     BIGINT, -- when it was taken off the pages
    version         BIGINT NOT NULL, -- grows with each edit: an edit of an older one is refused
    edits           TEXT NOT NULL, -- which version changed each field last, such as title:3 runtime:5
    form_key        TEXT UNIQUE, -- of the form that added it: sent twice it adds one film; NULL where no form did
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL
);
CREATE INDEX movie_list ON movie (search, id);

-- An uploaded poster of a film, re-encoded: one row a size.
CREATE TABLE poster (
    movie_id   BIGINT NOT NULL REFERENCES movie (id), -- whose it is
    kind       TEXT NOT NULL,   -- the size, by where it is shown: card, page or share
    width      BIGINT NOT NULL, -- pixels
    height     BIGINT NOT NULL, -- pixels
    type       TEXT NOT NULL,   -- its Content-Type
    bytes      TEXT NOT NULL,   -- the image, in base64
    hash       TEXT NOT NULL,   -- of all sizes together, as in their addresses
    created_at BIGINT NOT NULL,
    PRIMARY KEY (movie_id, kind)
);
CREATE INDEX poster_hash ON poster (hash, kind);

-- The cinema's own logo, re-encoded: one row a size; none where it has none.
CREATE TABLE logo (
    kind       TEXT PRIMARY KEY, -- the size, by where it is shown: head, icon or share
    width      BIGINT NOT NULL,  -- pixels
    height     BIGINT NOT NULL,  -- pixels
    type       TEXT NOT NULL,    -- its Content-Type
    bytes      TEXT NOT NULL,    -- the image, in base64
    hash       TEXT NOT NULL,    -- of all sizes together, as in their addresses
    created_at BIGINT NOT NULL
);

-- A room. It is archived, never deleted. Its seats are in its plans.
CREATE TABLE hall (
    id               BIGINT PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE, -- as customers read it
    cleaning_minutes BIGINT NOT NULL CHECK (cleaning_minutes >= 0), -- between two films
    archived_at      BIGINT, -- when it was taken out of use
    version          BIGINT NOT NULL, -- grows with each edit: an edit of an older one is refused
    edits            TEXT NOT NULL, -- which version changed each field last, such as name:3 plan:5
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);

-- One version of a hall's seat plan. It never changes: an edit is a new version.
CREATE TABLE plan (
    id         BIGINT PRIMARY KEY,
    hall_id    BIGINT NOT NULL REFERENCES hall (id), -- whose seats it has
    version    BIGINT NOT NULL, -- of the hall's plan, from 1
    text       TEXT NOT NULL, -- in the notation of package store/seating
    made_by    TEXT NOT NULL, -- which operator; '' at set-up
    created_at BIGINT NOT NULL,
    UNIQUE (hall_id, version)
);

-- A type of ticket, such as Adult: one name is one type, in every card and screening. It is never deleted.
CREATE TABLE price_type (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL, -- as customers read it
    name_key   TEXT NOT NULL UNIQUE, -- in small letters, with single spaces
    created_at BIGINT NOT NULL
);

-- What the cinema charges for a kind of screening. Screenings take their prices from a card when they go on sale, and keep them.
CREATE TABLE price_card (
    id          BIGINT PRIMARY KEY,
    name        TEXT NOT NULL, -- for the staff
    prices      TEXT NOT NULL, -- by price type and zone, as JSON
    surcharges  TEXT NOT NULL, -- of each ticket besides its seat, such as 3D glasses, as JSON
    rules       TEXT NOT NULL, -- on which days and at which hours another card holds, as JSON
    version     BIGINT NOT NULL, -- grows with each change: of two who edit one card, the second is told
    archived_at BIGINT, -- when it was taken out of use
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- A film in a hall at a time.
CREATE TABLE screening (
    id               BIGINT PRIMARY KEY,
    movie_id         BIGINT NOT NULL REFERENCES movie (id), -- what is shown
    hall_id          BIGINT NOT NULL REFERENCES hall (id),  -- where
    plan_id          BIGINT NOT NULL REFERENCES plan (id),  -- its seats, whatever becomes of the hall
    starts_at        BIGINT NOT NULL, -- when it begins, with its trailers
    trailer_minutes  BIGINT NOT NULL CHECK (trailer_minutes >= 0), -- trailers and adverts before the film
    sales_close_at   BIGINT NOT NULL, -- from then on nothing is sold online
    counter_close_at BIGINT NOT NULL, -- and nothing at the counter
    prices           TEXT NOT NULL, -- of its seats, by price type and zone, as JSON: frozen when it goes on sale, whatever becomes of the price card
    surcharges       TEXT NOT NULL, -- of each ticket besides its seat, as JSON: frozen with the prices
    price_card_id    BIGINT REFERENCES price_card (id), -- that a draft takes them from then; NULL where it has them already
    capacity         BIGINT NOT NULL CHECK (capacity > 0), -- how many seats customers may have
    format           TEXT NOT NULL, -- such as 3D; '' is the film's
    language         TEXT NOT NULL, -- that is spoken; '' is the film's
    status           TEXT NOT NULL CHECK (status IN ('draft', 'on_sale', 'hidden', 'closed', 'cancelled')), -- whether seats are sold; hidden is sold by its address only
    cancelled_at     BIGINT, -- when it was cancelled, for good
    cancel_reason    TEXT NOT NULL, -- why, as customers read it; '' where it is not
    version          BIGINT NOT NULL, -- grows with each change by a person: a change of an older one is refused
    masked_at        BIGINT, -- since when none of its tickets says who its customer was; NULL until then
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);
CREATE INDEX screening_starts ON screening (starts_at);
CREATE INDEX screening_to_mask ON screening (masked_at, starts_at);
CREATE INDEX screening_movie ON screening (movie_id, starts_at);
CREATE INDEX screening_plan ON screening (plan_id, starts_at);
CREATE INDEX screening_hall ON screening (hall_id, starts_at);

-- A person of the staff who may sign in. An operator is disabled, never deleted: the audit log names them.
CREATE TABLE operator (
    id           BIGINT PRIMARY KEY,
    name         TEXT NOT NULL,        -- as it was typed when the operator was added
    name_key     TEXT NOT NULL UNIQUE, -- the same in small letters with single spaces: what a sign-in is compared with
    role         TEXT NOT NULL CHECK (role IN ('owner', 'manager', 'cashier', 'usher')), -- what the operator may do
    password     TEXT NOT NULL, -- argon2id hash; '' where no password signs in
    totp_secret  TEXT NOT NULL, -- of the authenticator app, base32; '' where there is none
    totp_step    BIGINT NOT NULL, -- the half minute of the last code used: no code is used twice
    invite       TEXT NOT NULL, -- SHA-256 of the one-time address at which the operator chooses a password; '' where there is none
    invite_until BIGINT NOT NULL, -- how long that may be used
    disabled_at  BIGINT, -- since when the operator cannot sign in
    signed_in_at BIGINT, -- when the operator last signed in
    version      BIGINT NOT NULL, -- grows with each change of name, role, password or second factor
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);

-- One booking: so many seats of a screening, held or paid for. Paid never becomes anything else; Failed may become Paid or Pending.
CREATE TABLE ticket (
    id              BIGINT PRIMARY KEY,
    screening_id    BIGINT NOT NULL REFERENCES screening (id), -- that it is for
    code            TEXT NOT NULL UNIQUE, -- public; begins with 0 unless the money is real
    secret          TEXT NOT NULL UNIQUE, -- opens the ticket's page
    customer_name   TEXT NOT NULL, -- as typed; a dash once it is masked
    phone           TEXT NOT NULL, -- MSISDN of the latest push; letters stand for its digits once it is masked
    email           TEXT NOT NULL DEFAULT '', -- where messages about it go too; '' where the customer gave none
    quantity        BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10), -- seats
    total           BIGINT NOT NULL CHECK (total BETWEEN 0 AND 250000), -- whole shillings; 0 of one that was given away
    payment_status  TEXT NOT NULL CHECK (payment_status IN ('Pending', 'Paid', 'Failed')), -- see store/doc.go
    failure_reason  TEXT NOT NULL, -- why no money came; '' unless it is Failed
    owed_reason     TEXT NOT NULL DEFAULT '', -- why money that came for it is due back, or has gone; '' where none did since the last try
    receipt         TEXT NOT NULL, -- of the payment that paid for it
    paid_push       BIGINT NOT NULL DEFAULT 0, -- the push that it was paid by; 0 where it is not paid, or that is not known
    transacted_at   BIGINT,        -- when that was paid, as M-PESA reports
    seats           TEXT NOT NULL, -- labels in the plan's order: its seats while it is Paid or held, else those it had
    lines           TEXT NOT NULL DEFAULT '[]', -- what they cost: how many at which price, with type and zone, and the surcharges, as JSON
    chosen          BIGINT NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1)), -- 1 where the customer chose the seats: it gets no others
    channel         TEXT NOT NULL DEFAULT 'online' CHECK (channel IN ('online', 'test')), -- who booked: a customer, or the staff, to see that it all works
    seats_moved     BIGINT NOT NULL, -- 1 where they are not the ones first given
    held_since      BIGINT NOT NULL, -- when its latest hold began
    hold_until      BIGINT, -- when the hold ends; NULL once the seats are paid for or given up
    idempotency_key TEXT NOT NULL UNIQUE, -- of the request that made it
    fingerprint     TEXT NOT NULL, -- of that request's content: the same key with another content is refused
    browser         TEXT NOT NULL, -- the browser session that booked
    client          TEXT NOT NULL, -- who booked or tried again last: an address block, or partner: and a name; '' a day after
    late_reason     TEXT NOT NULL DEFAULT '', -- why money that came for it came too late; '' where none did since the last try
    voided_at       BIGINT, -- since when it admits nobody, though it was paid
    void_reason     TEXT NOT NULL, -- '' unless it is void
    given_by        BIGINT REFERENCES operator (id), -- who gave it away: then it needs no money; NULL of all others
    given_reason    TEXT NOT NULL DEFAULT '', -- why, in that person's words; numbers and names go once it is masked
    version         BIGINT NOT NULL, -- grows with whatever the ticket's page shows
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    CHECK ((total = 0) = (given_by IS NOT NULL AND given_reason <> '')) -- without a price is what somebody gave away and said why
);
CREATE INDEX ticket_screening ON ticket (screening_id, client);
CREATE INDEX ticket_test ON ticket (id) WHERE channel = 'test';
CREATE INDEX ticket_hold ON ticket (hold_until) WHERE hold_until IS NOT NULL;
CREATE INDEX ticket_phone_hold ON ticket (phone) WHERE hold_until IS NOT NULL;
CREATE INDEX ticket_browser ON ticket (browser) WHERE browser <> '';
CREATE INDEX ticket_client ON ticket (client, held_since) WHERE client <> '';
CREATE INDEX ticket_given ON ticket (given_by, created_at) WHERE given_by IS NOT NULL;
CREATE INDEX ticket_client_hold ON ticket (client, screening_id) WHERE hold_until IS NOT NULL AND client <> '';

-- One row a seat of a screening's plan. The one owner of a seat is why nothing can be sold twice. Its place is its key; its label may
-- change while the screening is sold, when another plan is applied.
CREATE TABLE seat (
    screening_id BIGINT NOT NULL REFERENCES screening (id), -- that it is a seat of
    label        TEXT NOT NULL, -- as printed: the row's label and the seat's number, such as F12; what the seat is known by, never changed
    row_no       BIGINT NOT NULL, -- where its plan draws it: from 0, nearest to the screen
    col_no       BIGINT NOT NULL, -- from 0, from the left as one faces the screen; a jump is an aisle
    zone         TEXT NOT NULL, -- the name of its zone, which has prices of its own
    kind         TEXT NOT NULL CHECK (kind IN ('ordinary', 'accessible', 'companion', 'love', 'house', 'broken')), -- in its plan
    for_sale     BIGINT NOT NULL CHECK (for_sale IN (0, 1)), -- 1 where customers may have it: all but house and broken seats, unless staff said otherwise
    note         TEXT NOT NULL, -- what whoever chooses it should know; '' for nothing
    ticket_id    BIGINT REFERENCES ticket (id), -- that holds it or has paid for it; NULL is free
    admitted_at  BIGINT, -- when its owner was let in
    admitted_by  BIGINT, -- by whom
    PRIMARY KEY (screening_id, label),
    UNIQUE (screening_id, row_no, col_no)
);
CREATE INDEX seat_ticket ON seat (ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX seat_taken ON seat (screening_id) WHERE ticket_id IS NOT NULL AND for_sale = 1;

-- One STK Push, written down before it is sent. A phone has one live push at most, and so has a ticket.
CREATE TABLE push_request (
    id                  BIGINT PRIMARY KEY,
    ticket_id           BIGINT NOT NULL REFERENCES ticket (id), -- that it is to pay for
    callback_token      TEXT NOT NULL UNIQUE, -- the last segment of its callback's address: it proves that M-PESA calls
    reference           TEXT NOT NULL, -- its own account number: the ticket's code and a mark that nobody is told to type
    checkout_request_id TEXT UNIQUE,   -- Daraja's name for it; NULL until known
    merchant_request_id TEXT,          -- its other name; NULL until known, and not always the push's alone
    phone               TEXT NOT NULL, -- MSISDN that it prompts; masked as the ticket's
    amount              BIGINT NOT NULL CHECK (amount BETWEEN 1 AND 250000), -- whole shillings
    -- What became of it: not answered yet, accepted by Daraja, perhaps on the phone, no prompt went out, not completed so far, failed for
    -- good, paid. Paid is never left; every other may still become paid.
    state               TEXT NOT NULL CHECK (state IN ('sending', 'prompted', 'unknown', 'refused', 'soft_failed', 'failed', 'paid')),
    live                BIGINT NOT NULL CHECK (live IN (0, 1)), -- 1 while a prompt may be answered: until a final answer, or live_until
    live_until          BIGINT NOT NULL, -- when it is no longer live, whatever becomes of it
    result_code         TEXT NOT NULL, -- M-PESA's, or Daraja's of a push that it refused
    result_text         TEXT NOT NULL, -- the words that came with it, for the operator
    reason              TEXT NOT NULL, -- ours, why it was not paid
    client              TEXT NOT NULL, -- who asked for the prompt, as of a ticket
    created_at          BIGINT NOT NULL,
    updated_at          BIGINT NOT NULL
);
CREATE UNIQUE INDEX push_reference ON push_request (reference);
CREATE UNIQUE INDEX push_live_phone ON push_request (phone) WHERE live = 1;
CREATE UNIQUE INDEX push_live_ticket ON push_request (ticket_id) WHERE live = 1;
CREATE INDEX push_ticket ON push_request (ticket_id, id);
CREATE INDEX push_phone ON push_request (phone, created_at);
CREATE INDEX push_client ON push_request (client, state, created_at, reason) WHERE client <> '';
CREATE INDEX push_made ON push_request (created_at);
CREATE INDEX push_sending ON push_request (created_at) WHERE state = 'sending';

-- Each callback as it came, written before anything is made of it. Only outcome and decided_at are filled in later, and body and source go
-- once nobody needs them. A row of M-PESA's own
-- list that cannot be read is kept here too, once: its token is made of its content.
CREATE TABLE callback (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL, -- stk, status, status_timeout, reversal, reversal_timeout, c2b, validation or pull
    token       TEXT NOT NULL, -- the last segment of the address that it came to
    known       BIGINT NOT NULL CHECK (known IN (0, 1)), -- 1 where the token is one of ours
    source      TEXT NOT NULL, -- the address that it came from; goes with the body
    body        TEXT NOT NULL, -- cut to 4 KB where the token is none of ours
    encoding    TEXT NOT NULL CHECK (encoding IN ('text', 'base64', 'erased')), -- of body; erased where that is gone, as customers' data is after some months
    size        BIGINT NOT NULL, -- bytes that came
    received_at BIGINT NOT NULL, -- when it came
    outcome     TEXT,  -- what was made of it; NULL until it is applied
    decided_at  BIGINT -- when it was applied
);
CREATE INDEX callback_open ON callback (id) WHERE outcome IS NULL;
CREATE INDEX callback_stranger ON callback (id) WHERE known = 0;
CREATE INDEX callback_unread ON callback (id)
    WHERE outcome IN ('unreadable', 'amount_unknown', 'receipt_not_understood');
CREATE INDEX callback_validation ON callback (id) WHERE outcome = 'validation';
CREATE INDEX callback_raw ON callback (id) WHERE encoding <> 'erased'; -- few, once customers are masked
CREATE UNIQUE INDEX callback_pull ON callback (token) WHERE kind = 'pull';

-- What is legible in a callback with a token of ours that was not understood whole. It is on the list until M-PESA has reported by another
-- way what it was about, or a person has looked into it.
CREATE TABLE unread (
    callback_id   BIGINT PRIMARY KEY REFERENCES callback (id), -- that was not understood
    push_id       BIGINT REFERENCES push_request (id), -- that it is of
    ticket_id     BIGINT REFERENCES ticket (id),       -- that it names
    paid          BIGINT NOT NULL CHECK (paid IN (0, 1)), -- 1 where it says plainly that its push was paid
    receipt       TEXT,          -- NULL where none is legible
    amount_cents  BIGINT,        -- and so of the amount
    phone         TEXT NOT NULL, -- may be masked
    account       TEXT NOT NULL, -- the account number that the payer typed
    transacted_at BIGINT,        -- when the money was paid
    why           TEXT NOT NULL, -- it was not understood
    detail        TEXT NOT NULL, -- what that is about, as M-PESA gave it
    legible       TEXT NOT NULL, -- the body as printable text
    created_at    BIGINT NOT NULL
);
CREATE INDEX unread_push ON unread (push_id) WHERE push_id IS NOT NULL;
CREATE INDEX unread_receipt ON unread (receipt) WHERE receipt IS NOT NULL;

-- One thing that somebody has said about money. A fact is only ever added, and nothing of it is changed but what says who a customer was:
-- payer, account and note are masked some months after the screening. 0 and '' stand for what it does not name.
CREATE TABLE fact (
    id            BIGINT PRIMARY KEY,
    source        TEXT NOT NULL,   -- who says it: callback, status, statement, query, confirmation, pull, customer, operator or reversal
    says          TEXT NOT NULL,   -- what; see package store/money
    push_id       BIGINT NOT NULL, -- that it names
    receipt       TEXT NOT NULL,   -- that it names
    ticket_id     BIGINT NOT NULL, -- that it names
    beside_id     BIGINT NOT NULL, -- the push whose token it came with, where it names another CheckoutRequestID
    amount_cents  BIGINT NOT NULL, -- -1 where it does not say
    payer         TEXT NOT NULL,   -- an MSISDN with * for hidden digits, or its SHA-256; masked with the push's phone
    transacted_at BIGINT NOT NULL, -- when the money was taken, as M-PESA reports; 0 where it does not say
    account       TEXT NOT NULL,   -- the account number, as it was given; a dash once it is masked, where it names neither push nor ticket
    about         TEXT NOT NULL,   -- the doubt that an operator has looked into
    said_by       TEXT NOT NULL,   -- which operator
    note          TEXT NOT NULL,   -- that operator's words; a dash once they are masked, or without numbers and names
    created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX fact_once ON fact (receipt, push_id, source, says, ticket_id, beside_id, amount_cents, payer, transacted_at, account)
    WHERE source NOT IN ('operator', 'customer'); -- what M-PESA reports again is the same fact
CREATE INDEX fact_push ON fact (push_id) WHERE push_id <> 0;
CREATE INDEX fact_beside ON fact (beside_id) WHERE beside_id <> 0;
CREATE INDEX fact_receipt ON fact (receipt) WHERE receipt <> '';
CREATE INDEX fact_ticket ON fact (ticket_id) WHERE ticket_id <> 0;
CREATE INDEX fact_resolved ON fact (receipt, push_id) WHERE says = 'resolved'; -- few, looked for beside each payment

-- What the facts mean: money that M-PESA took, each receipt once, and each push that was paid once. One function writes it.
CREATE TABLE payment (
    id             BIGINT PRIMARY KEY,
    receipt        TEXT UNIQUE, -- NULL until M-PESA reports it
    push_id        BIGINT UNIQUE REFERENCES push_request (id), -- that it answers; NULL where none is known
    ticket_id      BIGINT REFERENCES ticket (id), -- that it is for; NULL where that is not certain
    named_id       BIGINT REFERENCES ticket (id), -- that it is said to be for, where that is not certain
    amount_cents   BIGINT,          -- what M-PESA took; NULL where it did not say
    assumed        BIGINT NOT NULL, -- 1 where the amount is what the push asked for
    phone          TEXT NOT NULL,   -- of the payer; may be masked, by M-PESA or as the ticket's
    account        TEXT NOT NULL,   -- the account number that the payer typed, as a C2B confirmation reports it; masked as the fact's
    transacted_at  BIGINT,          -- when M-PESA took it; NULL where it did not say
    learnt_by      TEXT NOT NULL, -- the best source that says it was paid
    state          TEXT NOT NULL CHECK (state IN ('applied', 'refund_due', 'unmatched', 'refunded', 'reversed_elsewhere')), -- what has become of the money
    reason         TEXT NOT NULL,   -- why it is due back or unmatched
    doubt          TEXT NOT NULL,   -- what an operator must look into, whatever its state; '' is nothing
    doubt_cents    BIGINT NOT NULL, -- the amount that the doubt is about
    doubt_receipt  TEXT NOT NULL,   -- the receipt that the doubt is about
    loose          BIGINT NOT NULL, -- 1 where it may be the same money as something that nothing names with it: no certain push has it, or no certain receipt
    automatic      BIGINT NOT NULL, -- 1 where it may go back without an operator
    masked_at      BIGINT,          -- since when the payer's number is gone; NULL until then, 0 where more was said of it since
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL
);
CREATE INDEX payment_ticket ON payment (ticket_id);
CREATE INDEX payment_open ON payment (state) WHERE state IN ('refund_due', 'unmatched');
CREATE INDEX payment_no_receipt ON payment (id) WHERE receipt IS NULL;
CREATE INDEX payment_loose_push ON payment (push_id) WHERE loose = 1 AND push_id IS NOT NULL;
CREATE INDEX payment_loose ON payment (amount_cents, transacted_at) WHERE loose = 1;
CREATE INDEX payment_loose_at ON payment (transacted_at) WHERE loose = 1;
CREATE INDEX payment_doubt ON payment (id) WHERE doubt <> '';
CREATE INDEX payment_to_mask ON payment (masked_at, created_at) WHERE COALESCE(ticket_id, named_id, push_id) IS NULL;
CREATE INDEX payment_to_mask_again ON payment (id) WHERE masked_at = 0;

-- A receipt, and a push of unknown receipt, that may be the same money: nothing says so.
CREATE TABLE alike (
    receipt TEXT NOT NULL, -- of a payment that is no push's
    push_id BIGINT NOT NULL REFERENCES push_request (id), -- whose receipt is not known
    PRIMARY KEY (receipt, push_id)
);
CREATE INDEX alike_push ON alike (push_id);

-- Money of a payment on its way back: by M-PESA's Reversal, or by hand. A payment has one open refund at most.
CREATE TABLE refund (
    id                         BIGINT PRIMARY KEY,
    payment_id                 BIGINT NOT NULL REFERENCES payment (id), -- whose money it gives back
    for_ticket                 BIGINT NOT NULL, -- whose payment that was when it was asked for; 0 where nobody's
    amount_cents               BIGINT NOT NULL CHECK (amount_cents > 0), -- how much of it
    method                     TEXT NOT NULL CHECK (method IN ('reversal', 'hand')), -- how
    state                      TEXT NOT NULL CHECK (state IN ('requested', 'refunded', 'failed')), -- follows from the rest, its payment and the facts
    requested_by               TEXT NOT NULL, -- a person, or automatic
    reason                     TEXT NOT NULL, -- why, in a person's words; '' of an automatic one: the payment says it; a dash once it is masked
    reference                  TEXT NOT NULL, -- what a person wrote down of a refund by hand; numbers and names go once it is masked
    originator_conversation_id TEXT UNIQUE,   -- of its first Reversal, as Daraja named it; NULL until known
    conversation_id            TEXT UNIQUE,   -- its other name; NULL until known
    done                       BIGINT NOT NULL DEFAULT 0 CHECK (done IN (0, 1)), -- 1 where M-PESA reports that a Reversal of it was carried out
    undone                     BIGINT NOT NULL DEFAULT 0,  -- of how many Reversals M-PESA reports that nothing came of it
    ended                      TEXT NOT NULL DEFAULT '', -- why no Reversal of it is sent any more, but for M-PESA's result; '' where none
    undone_ids                 TEXT NOT NULL DEFAULT '',   -- their conversation ids, so that a result that comes twice counts once
    result_code                TEXT NOT NULL, -- M-PESA's last
    result_text                TEXT NOT NULL, -- the words that came with it, for the operator
    created_at                 BIGINT NOT NULL,
    updated_at                 BIGINT NOT NULL
);
CREATE UNIQUE INDEX refund_open ON refund (payment_id) WHERE state = 'requested';
CREATE INDEX refund_payment ON refund (payment_id);

-- A receipt that a customer typed on the page of a ticket. State and reason follow from the facts.
CREATE TABLE claim (
    id         BIGINT PRIMARY KEY,
    receipt    TEXT NOT NULL, -- as it was typed, in capitals
    ticket_id  BIGINT NOT NULL REFERENCES ticket (id), -- on whose page
    phone      TEXT NOT NULL, -- the ticket's
    browser    TEXT NOT NULL, -- the browser session that typed it
    client     TEXT NOT NULL, -- the ticket's
    state      TEXT NOT NULL CHECK (state IN ('asking', 'confirmed', 'refused', 'person')), -- person is for one to decide
    reason     TEXT NOT NULL, -- why it was refused, or is for a person
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (ticket_id, receipt)
);
CREATE INDEX claim_phone ON claim (phone);
CREATE INDEX claim_receipt ON claim (receipt);
CREATE INDEX claim_client ON claim (client, created_at) WHERE client <> '';

-- The one queue of what M-PESA is to be asked or told: a push query, a Transaction Status of a receipt, or a Reversal. A row stays when it
-- is answered, since M-PESA may answer once more.
CREATE TABLE question (
    kind          TEXT NOT NULL CHECK (kind IN ('push', 'receipt', 'reversal')), -- which of the three
    id            BIGINT NOT NULL, -- the push's, the refund's, or of a receipt its own
    receipt       TEXT,   -- that a Transaction Status is about; NULL of the others
    result_token  TEXT,   -- the last segment of its ResultURL; NULL of a push query, which is answered at once
    timeout_token TEXT,   -- and of its time-out URL
    urgent        BIGINT NOT NULL CHECK (urgent IN (0, 1)), -- 1 where a customer waits for what comes of it
    client        TEXT NOT NULL, -- whose booking a receipt was typed for; '' where none
    checked_for   BIGINT NOT NULL, -- the ticket whose film was about to begin when its receipt was asked about; 0 where none
    sent          BIGINT NOT NULL, -- how often it was sent to M-PESA
    next_at       BIGINT, -- when it is to be sent; NULL once it is answered or a person's
    lease_until   BIGINT NOT NULL, -- until when the answer to the last one sent is awaited
    result_text   TEXT NOT NULL, -- M-PESA's last answer, for the operator
    lacks         TEXT NOT NULL DEFAULT '', -- why that was not understood whole; '' where it was
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE UNIQUE INDEX question_receipt ON question (receipt) WHERE receipt IS NOT NULL;
CREATE UNIQUE INDEX question_result_token ON question (result_token) WHERE result_token IS NOT NULL;
CREATE UNIQUE INDEX question_timeout_token ON question (timeout_token) WHERE timeout_token IS NOT NULL;
CREATE INDEX question_next ON question (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX question_client ON question (client, created_at) WHERE client <> '';

-- What a ticket's customer is told by e-mail or SMS. A row is written by the change that it tells of, once for each event and way. It holds
-- neither address nor text: both are of the ticket, read when it is sent, so that a ticket's address is erased in one place.
CREATE TABLE outbox (
    id          BIGINT PRIMARY KEY, -- goes out with it, so that who gets it twice can see that it is one
    event       TEXT NOT NULL CHECK (event IN ('paid', 'moved', 'refunded', 'cancelled')), -- what it tells of; moved is paid, with other seats
    subject_id  BIGINT NOT NULL, -- what that happened to: the refund of a refunded, else the ticket
    via         TEXT NOT NULL CHECK (via IN ('email', 'sms')), -- how it is sent
    ticket_id   BIGINT NOT NULL REFERENCES ticket (id), -- to whose address
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'given_up', 'unknown', 'overtaken')), -- overtaken is not true any more, and was not sent
    taken       BIGINT NOT NULL CHECK (taken IN (0, 1)), -- 1 while a process sends it, or where that died before it said what came of it
    tries       BIGINT NOT NULL, -- how often it failed
    unsure      BIGINT NOT NULL, -- of how many tries nobody knows whether it went out
    next_at     BIGINT, -- when it is to be sent; NULL where it is not
    lease_until BIGINT NOT NULL, -- until when the process that sends it has it alone
    failure     TEXT NOT NULL, -- why it was not sent, in a word or two without an address; '' where it was
    answer      TEXT NOT NULL, -- the far end's own name for it; '' where it gave none
    since_at    BIGINT NOT NULL, -- from when on it is tried: when it was written, or a person had it sent again
    sent_at     BIGINT, -- when the far end took it
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    UNIQUE (event, subject_id, via)
);
CREATE INDEX outbox_next ON outbox (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX outbox_trouble ON outbox (updated_at) WHERE state IN ('given_up', 'unknown');
CREATE INDEX outbox_ticket ON outbox (ticket_id);

-- An entry that a person has taken off the list of money. Where its state or reason is another now, it is on the list again. Nothing else
-- depends on it.
CREATE TABLE resolution (
    kind          TEXT NOT NULL CHECK (kind IN ('payment', 'push', 'claim', 'callback')), -- the table that the entry is of
    id            BIGINT NOT NULL, -- its row there
    state         TEXT NOT NULL,   -- what it was then
    refund        TEXT NOT NULL,   -- the state of its latest refund then
    reason        TEXT NOT NULL,   -- and why: of a payment or a claim
    failure       TEXT NOT NULL,   -- of a push
    doubt         TEXT NOT NULL,   -- the doubt about a payment
    doubt_cents   BIGINT NOT NULL, -- the amount that it was about
    doubt_receipt TEXT NOT NULL,   -- the receipt that it was about
    note          TEXT NOT NULL,   -- what the person wrote; a dash once it is masked
    by_whom       TEXT NOT NULL,   -- the person
    at            BIGINT NOT NULL, -- when
    PRIMARY KEY (kind, id)
);

-- Work that one of several processes does at a time, such as ending holds.
CREATE TABLE lease (
    name   TEXT PRIMARY KEY, -- of the work
    holder TEXT NOT NULL,  -- which process
    until  BIGINT NOT NULL -- when another may take it
);

-- How Daraja is called, by all processes together: a rate limit and a circuit breaker. One row a kind of call.
CREATE TABLE pace (
    name       TEXT PRIMARY KEY, -- daraja (pushes), questions, push (few questions while it rests), and one a rate
    next_at    BIGINT NOT NULL, -- when the next call may go out; of daraja: until when its probe may be answered
    failures   BIGINT NOT NULL, -- how many went wrong, one after the other
    rest_until BIGINT NOT NULL  -- until when none goes out
);

-- What somebody must look into and is told of unasked, one row a kind, from when it was raised until its end was told. See store/alarm.
CREATE TABLE alarm (
    kind       TEXT PRIMARY KEY, -- what is wrong
    count      BIGINT NOT NULL, -- prompts, calls, payments, or bytes that are free; 0 where nothing is counted
    cents      BIGINT NOT NULL, -- of refunds
    at         BIGINT NOT NULL, -- since when, or when it ends; 0 where neither is known
    raised_at  BIGINT NOT NULL, -- when it was first found
    seen_at    BIGINT NOT NULL, -- when it was last found, or not known to be over
    told_at    BIGINT, -- when somebody was told; NULL until then
    ended_at   BIGINT, -- when it was over; NULL while it is on
    end_told_at BIGINT -- when somebody was told of that; NULL until then
);

-- The access token that a Daraja app's last log-in brought, for all processes, since each log-in makes the one before it invalid. It is a
-- secret: until it ends, within an hour, whoever has it can call Daraja as the cinema.
CREATE TABLE access_token (
    app        TEXT PRIMARY KEY, -- made from the consumer key, so that another app's token is not taken for it
    value      TEXT NOT NULL, -- the token
    until      BIGINT NOT NULL, -- when it ends
    updated_at BIGINT NOT NULL
);

-- How the backups of these books stand: one row a place that they go to.
CREATE TABLE backup (
    place      TEXT PRIMARY KEY, -- a folder, or the address of a bucket
    good_at    BIGINT,           -- when the last good one was begun: all that was confirmed before is in it; NULL where there is none
    name       TEXT NOT NULL,    -- the name of the last good one
    bytes      BIGINT NOT NULL,  -- its size
    failed_at  BIGINT,           -- when the last try failed; NULL where it did not
    failure    TEXT NOT NULL,    -- why it failed
    drilled_at BIGINT            -- when one of them was last restored in a drill, and its books were sound; NULL where none was
);

-- What these books lack since they were restored from a backup: whatever was written in that time.
CREATE TABLE gap (
    id        BIGINT PRIMARY KEY,
    since_at  BIGINT NOT NULL, -- the last thing that is in the backup
    until_at  BIGINT NOT NULL, -- when it was restored
    backup    TEXT NOT NULL,   -- the name of its file
    opened_at BIGINT           -- when an owner took bookings again; NULL until then
);

-- A browser session.
CREATE TABLE session (
    token      TEXT PRIMARY KEY, -- of its cookie
    data       TEXT NOT NULL, -- what scs keeps in it, encoded
    expires_at BIGINT NOT NULL -- when it ends
);
CREATE INDEX session_expiry ON session (expires_at);

-- A code that signs in once in place of the authenticator app's.
CREATE TABLE recovery_code (
    operator_id BIGINT NOT NULL REFERENCES operator (id), -- whose
    hash        TEXT NOT NULL, -- SHA-256 of the code
    used_at     BIGINT, -- when it was used; NULL where it still may be
    PRIMARY KEY (operator_id, hash)
);

-- An operator who is signed in on a browser.
CREATE TABLE staff_session (
    id          BIGINT PRIMARY KEY,
    token       TEXT NOT NULL UNIQUE, -- SHA-256 of its cookie
    operator_id BIGINT NOT NULL REFERENCES operator (id), -- who is signed in
    form_token  TEXT NOT NULL, -- that each of its forms carries
    source      TEXT NOT NULL, -- the address that it began from
    agent       TEXT NOT NULL, -- what the browser calls itself, cut short
    used_at     BIGINT NOT NULL, -- the last request, to the minute
    expires_at  BIGINT NOT NULL, -- when it ends, however much it is used
    created_at  BIGINT NOT NULL
);
CREATE INDEX staff_session_operator ON staff_session (operator_id);
CREATE INDEX staff_session_expiry ON staff_session (expires_at);

-- Who the forms of a session were given to. It outlasts the session: what was typed into a form that comes too late
-- goes back to that operator, and to nobody else.
CREATE TABLE staff_form (
    token       TEXT PRIMARY KEY, -- that the forms carry
    operator_id BIGINT NOT NULL REFERENCES operator (id), -- who they were given to
    created_at  BIGINT NOT NULL
);
CREATE INDEX staff_form_at ON staff_form (created_at);

-- A browser that an operator has signed in from. Its tries are counted apart, so that nobody else can slow them down.
CREATE TABLE known_browser (
    token       TEXT PRIMARY KEY, -- SHA-256 of its cookie
    operator_id BIGINT NOT NULL REFERENCES operator (id), -- who has signed in there
    used_at     BIGINT NOT NULL -- when last
);
CREATE INDEX known_browser_operator ON known_browser (operator_id);

-- How often signing in has failed lately, by name, address or known browser.
CREATE TABLE sign_in_try (
    about    TEXT PRIMARY KEY, -- name:, address: or browser: and which; names hashed
    failures BIGINT NOT NULL, -- since the last good one, or in the last day
    next_at  BIGINT NOT NULL, -- when the next try is looked at
    tried_at BIGINT NOT NULL  -- the last one looked at
);
CREATE INDEX sign_in_try_at ON sign_in_try (tried_at);

-- The audit log: each change that a person has made. A row is only ever added. What it has of a customer's name, and of notes about the
-- customer's money, goes with the ticket's.
CREATE TABLE audit (
    id           BIGINT PRIMARY KEY,
    operator_id  BIGINT, -- who, where they were signed in; NULL for the command line
    who          TEXT NOT NULL, -- their name then
    role         TEXT NOT NULL, -- their role then; '' for the command line
    source       TEXT NOT NULL, -- from where: an address, or command line
    action       TEXT NOT NULL, -- such as film.edit
    subject_kind TEXT NOT NULL, -- what kind of thing was changed, such as movie
    subject_id   BIGINT NOT NULL, -- its row; 0 where it has none
    subject      TEXT NOT NULL, -- its name, as people know it
    was          TEXT NOT NULL, -- what it was, JSON; '' where it was not there
    now          TEXT NOT NULL, -- what it is, JSON; '' where it is gone
    words        TEXT NOT NULL, -- all of that in small letters, to search in
    at           BIGINT NOT NULL -- when
);
CREATE INDEX audit_subject ON audit (subject_kind, subject_id);
