-- +goose Up
-- When something first and last came from each integration, to the minute: "waiting for the first alert" ends by it.
CREATE TABLE heard (
  integration TEXT PRIMARY KEY,
  first_at    BIGINT NOT NULL,
  last_at     BIGINT NOT NULL
) WITHOUT ROWID;
