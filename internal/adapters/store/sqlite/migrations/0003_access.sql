-- +goose Up
-- Who may come in. Secrets are here only as hashes.

CREATE TABLE password (
  user_id TEXT PRIMARY KEY,
  hash    TEXT NOT NULL,
  at      BIGINT NOT NULL
);

CREATE TABLE session (
  id         TEXT PRIMARY KEY, -- hex SHA-256 of the cookie's value
  user_id    TEXT NOT NULL,
  phone      BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  address    TEXT NOT NULL,
  agent      TEXT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);

CREATE TABLE api_token (
  id         TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at    BIGINT NOT NULL
);

CREATE TABLE link (
  hash       TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL,
  user_id    TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
