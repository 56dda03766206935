-- +goose Up
-- Who took a message, where a kind has several providers; and what was sent of a kind on a day: it is counted before a message
-- that costs money goes.
ALTER TABLE message ADD COLUMN provider TEXT NOT NULL DEFAULT '';
CREATE INDEX message_kind ON message (kind, created_at);
