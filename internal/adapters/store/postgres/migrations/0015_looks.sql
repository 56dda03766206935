-- +goose Up
-- How the Alertmanagers of each integration were read.
CREATE TABLE look (
  integration TEXT PRIMARY KEY,
  at          BIGINT NOT NULL,
  good_at     BIGINT NOT NULL,
  error       TEXT NOT NULL
);

-- A look compares an Alertmanager's list with what fires of its integration.
CREATE INDEX alert_firing ON alert (integration, fingerprint) WHERE firing;
