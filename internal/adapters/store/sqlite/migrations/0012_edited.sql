-- +goose Up
-- Who changed what people own last, and by which of the directory's versions: a change that began before it is refused.
CREATE TABLE edited (
  kind    TEXT NOT NULL,
  id      TEXT NOT NULL,
  version BIGINT NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;
