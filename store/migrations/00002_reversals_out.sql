-- undone is how many of a refund's sends M-PESA has said, of each, that nothing came of it; undone_ids has the conversation ids of those
-- that a result said it of, so that a result told twice counts once. The others may have been carried out, answered or not. Of what
-- was written before, the last send of a failed refund was refused. A time-out URL's token is no longer that of the ResultURL.
-- +goose Up
ALTER TABLE refund ADD COLUMN undone BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refund ADD COLUMN undone_ids TEXT NOT NULL DEFAULT '';
ALTER TABLE refund ADD COLUMN timeout_token TEXT NOT NULL DEFAULT '';
ALTER TABLE claim ADD COLUMN timeout_token TEXT NOT NULL DEFAULT '';
UPDATE refund SET undone = 1 WHERE state = 'failed' AND sent > 0;
CREATE UNIQUE INDEX refund_timeout_token ON refund (timeout_token) WHERE timeout_token <> '';
CREATE UNIQUE INDEX claim_timeout_token ON claim (timeout_token) WHERE timeout_token <> '';

-- +goose Down
DROP INDEX claim_timeout_token;
DROP INDEX refund_timeout_token;
ALTER TABLE claim DROP COLUMN timeout_token;
ALTER TABLE refund DROP COLUMN timeout_token;
ALTER TABLE refund DROP COLUMN undone_ids;
ALTER TABLE refund DROP COLUMN undone;
