-- +goose Up
-- Whether paging is held, and who said so: the newest row holds, the others tell what was before.
CREATE TABLE paging (
  seq        INTEGER PRIMARY KEY,
  at         BIGINT NOT NULL,
  held       BOOLEAN NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  reason     TEXT NOT NULL
);

-- When each part by which Rouse watches itself was last well: the same for every server of one database.
CREATE TABLE pulse (
  name TEXT PRIMARY KEY,
  at   BIGINT NOT NULL,
  took BIGINT NOT NULL -- microseconds
) WITHOUT ROWID;
