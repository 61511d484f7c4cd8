-- One row a Daraja app, so mostly one: the access token that its last log-in brought, for all processes on these books, since each log-in makes
-- the token before it invalid. It is a secret: until it ends, within an hour, whoever has it can call Daraja as the cinema, though it cannot
-- log in. app is made from the consumer key, so that another app's token is not taken for it. Whoever may log in has a lease.
-- +goose Up
CREATE TABLE access_token (
    app        TEXT PRIMARY KEY,
    value      TEXT NOT NULL,
    until      BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE access_token;
