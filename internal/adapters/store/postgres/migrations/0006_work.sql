-- +goose Up
-- Which incident goes on in which other one: links and numbers of the one act on the other.
CREATE TABLE merged (
  incident BIGINT PRIMARY KEY,
  survivor BIGINT NOT NULL
);

-- As people set it: 1 (P1) to 5; 0 where nobody has.
ALTER TABLE listing ADD COLUMN priority SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX listing_priority ON listing (priority, status, opened_at, number) WHERE priority <> 0;

-- The same for incidents of one service that the same alert opened; 0 where no alert did.
ALTER TABLE listing ADD COLUMN alike BIGINT NOT NULL DEFAULT 0;
CREATE INDEX listing_alike ON listing (alike, opened_at, number) WHERE alike <> 0;
