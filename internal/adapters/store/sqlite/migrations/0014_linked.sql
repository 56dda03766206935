-- +goose Up
-- Who people are at providers: whoever presses a button in a shared channel.
CREATE TABLE linked (
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL, -- the provider's
  user_id TEXT NOT NULL,
  name    TEXT NOT NULL,
  at      BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX linked_by_user ON linked (user_id);
