-- +goose Up
-- Keys of the server's own, made once and shared by every server of this database.
CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

-- What providers have brought, each once: an SMS may come by a webhook and by asking for it. Who works it has it until
-- a moment; then it is done.
CREATE TABLE inbound (
  key      TEXT PRIMARY KEY,
  until_at BIGINT NOT NULL,
  done     BOOLEAN NOT NULL
);

-- Whoever answers without saying what means the newest page that they got.
CREATE INDEX message_pages ON message (lane, created_at) WHERE purpose = 'page';
