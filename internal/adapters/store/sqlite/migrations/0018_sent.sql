-- +goose Up
-- What was sent to one contact or channel, newest first: people look at it, and whoever answers without saying what means
-- the newest page among it.
CREATE INDEX message_lane ON message (lane, created_at, id);
DROP INDEX message_pages;
