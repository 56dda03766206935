-- +goose Up
-- Since when and until when those that send their alerts again and again were heard without a gap.
CREATE TABLE sender (
  integration TEXT NOT NULL,
  host        TEXT NOT NULL,
  since_at    BIGINT NOT NULL,
  last_at     BIGINT NOT NULL,
  PRIMARY KEY (integration, host)
);

-- Since when intake is up without a gap: what was not heard before that says nothing.
ALTER TABLE uptime ADD COLUMN since_at BIGINT NOT NULL DEFAULT 0;

-- What webhooks received last, a few each: what makes alerts of it is written over these.
CREATE TABLE payload (
  integration TEXT NOT NULL,
  at          BIGINT NOT NULL,
  body        TEXT NOT NULL,
  PRIMARY KEY (integration, at)
);
