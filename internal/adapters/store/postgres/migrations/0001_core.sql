-- +goose Up
-- Times are microseconds since 1970 UTC, 0 where there is none. JSON is text that SQL does not look into.
-- Tables that are updated in place leave room on their pages, so that updates need no new index entries.

CREATE SEQUENCE incident_number;

CREATE TABLE incident (
  number         BIGINT PRIMARY KEY,
  id             TEXT COLLATE "C" NOT NULL UNIQUE,
  version        BIGINT NOT NULL,
  service_id     TEXT COLLATE "C" NOT NULL,
  service        TEXT NOT NULL,
  team           TEXT COLLATE "C" NOT NULL,
  environment    TEXT NOT NULL,
  title          TEXT NOT NULL,
  runbook        TEXT NOT NULL,
  source         TEXT NOT NULL,
  quiet          BOOLEAN NOT NULL,
  severity       SMALLINT NOT NULL,
  status         SMALLINT NOT NULL,
  opened_at      BIGINT NOT NULL,
  acked_at       BIGINT NOT NULL,
  resolved_at    BIGINT NOT NULL,
  resolved_by    TEXT NOT NULL,
  updated_at     BIGINT NOT NULL,
  assignee_kind  TEXT NOT NULL,
  assignee_id    TEXT COLLATE "C" NOT NULL,
  assignee_name  TEXT NOT NULL,
  alerts         BIGINT NOT NULL,
  seq            BIGINT NOT NULL,
  core           TEXT NOT NULL
) WITH (fillfactor = 60);

-- What lists are found by: narrow, and written only when one of these columns changes.
CREATE TABLE listing (
  opened_at   BIGINT NOT NULL,
  number      BIGINT NOT NULL,
  status      SMALLINT NOT NULL,
  severity    SMALLINT NOT NULL,
  service_id  TEXT COLLATE "C" NOT NULL,
  environment TEXT COLLATE "C" NOT NULL,
  team        TEXT COLLATE "C" NOT NULL,
  assignee    TEXT COLLATE "C" NOT NULL,
  search      TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (opened_at, number)
) WITH (fillfactor = 80);
CREATE INDEX listing_status ON listing (status, opened_at, number);
CREATE INDEX listing_service ON listing (service_id, status, opened_at, number);
CREATE INDEX listing_environment ON listing (environment, status, opened_at, number);
CREATE INDEX listing_severity ON listing (severity, status, opened_at, number);
CREATE INDEX listing_team ON listing (team, status, opened_at, number) WHERE team <> '';
CREATE INDEX listing_assignee ON listing (assignee, status, opened_at, number) WHERE assignee <> '';
CREATE INDEX listing_open ON listing (number, status) WHERE status < 2; -- for the audit

-- Append only; opened_at is the incident's.
CREATE TABLE timeline (
  opened_at  BIGINT NOT NULL,
  incident   BIGINT NOT NULL,
  seq        BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  kind       TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id   TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  body       TEXT NOT NULL,
  data       TEXT NOT NULL,
  PRIMARY KEY (opened_at, incident, seq)
);

CREATE TABLE alert_history (
  opened_at   BIGINT NOT NULL,
  incident    BIGINT NOT NULL,
  seq         BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  kind        TEXT NOT NULL,
  integration TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  name        TEXT NOT NULL,
  severity    SMALLINT NOT NULL,
  start_at    BIGINT NOT NULL,
  began_at    BIGINT NOT NULL,
  PRIMARY KEY (opened_at, incident, seq)
);

CREATE TABLE correlation (
  key      TEXT COLLATE "C" PRIMARY KEY,
  incident BIGINT NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE alert (
  integration TEXT COLLATE "C" NOT NULL,
  fingerprint TEXT COLLATE "C" NOT NULL,
  version     BIGINT NOT NULL,
  firing      BOOLEAN NOT NULL,
  incident    BIGINT NOT NULL,
  last_seen   BIGINT NOT NULL,
  state       TEXT NOT NULL,
  labels      TEXT NOT NULL,
  PRIMARY KEY (integration, fingerprint)
) WITH (fillfactor = 70);
CREATE INDEX alert_incident ON alert (incident);

CREATE TABLE timer (
  incident   BIGINT NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  generation BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  PRIMARY KEY (incident, kind, subject)
) WITH (fillfactor = 80);
CREATE INDEX timer_due ON timer (due_at);

CREATE TABLE page (
  incident  BIGINT NOT NULL,
  round     BIGINT NOT NULL,
  pass      BIGINT NOT NULL,
  level     BIGINT NOT NULL,
  recipient TEXT COLLATE "C" NOT NULL, -- kind:id
  purpose   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  high      BOOLEAN NOT NULL,
  severity  SMALLINT NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (incident, round, pass, level, recipient)
);

CREATE TABLE delivery (
  id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident   BIGINT NOT NULL,
  round      BIGINT NOT NULL,
  pass       BIGINT NOT NULL,
  level      BIGINT NOT NULL,
  recipient  TEXT COLLATE "C" NOT NULL,
  step       BIGINT NOT NULL,
  lane       TEXT COLLATE "C" NOT NULL,
  kind       TEXT NOT NULL,
  purpose    TEXT NOT NULL,
  high       BOOLEAN NOT NULL,
  severity   SMALLINT NOT NULL,
  created_at BIGINT NOT NULL,
  due_at     BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  own_hours  BOOLEAN NOT NULL,
  status     TEXT COLLATE "C" NOT NULL,
  message    TEXT COLLATE "C" NOT NULL,
  UNIQUE (incident, round, pass, level, recipient, step, lane)
) WITH (fillfactor = 80);
CREATE INDEX delivery_waiting ON delivery (lane, severity DESC, due_at) WHERE status = 'waiting';

-- A queue of one contact or channel: next_at is when somebody must look at it; a new delivery brings it
-- nearer, but not before not_before.
CREATE TABLE lane (
  lane       TEXT COLLATE "C" PRIMARY KEY,
  kind       TEXT NOT NULL,
  next_at    BIGINT NOT NULL,
  not_before BIGINT NOT NULL DEFAULT 0,
  state      TEXT NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);
CREATE INDEX lane_next ON lane (next_at);

-- Read in the order (xid, seq) up to the oldest transaction that still runs: seq alone would lose
-- what commits late.
CREATE TABLE change (
  seq      BIGINT GENERATED ALWAYS AS IDENTITY,
  xid      BIGINT NOT NULL DEFAULT (CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)),
  incident BIGINT NOT NULL,
  version  BIGINT NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (xid, seq)
);

CREATE TABLE quarantine (
  id          TEXT COLLATE "C" PRIMARY KEY,
  integration TEXT NOT NULL,
  at          BIGINT NOT NULL,
  reason      TEXT NOT NULL,
  raw         TEXT NOT NULL
);

CREATE TABLE uptime (
  id      BIGINT PRIMARY KEY,
  beat_at BIGINT NOT NULL
);
INSERT INTO uptime (id, beat_at) VALUES (1, 0);

-- What one replica at a time does, and until when.
CREATE TABLE lease (
  name     TEXT COLLATE "C" PRIMARY KEY,
  holder   TEXT NOT NULL,
  until_at BIGINT NOT NULL
);

CREATE TABLE settings (
  id      BIGINT PRIMARY KEY,
  version BIGINT NOT NULL,
  body    TEXT NOT NULL
);
INSERT INTO settings (id, version, body) VALUES (1, 1, '{}');

CREATE TABLE user_account (
  id   TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE, -- the email address
  body TEXT NOT NULL
);

CREATE TABLE team (
  id   TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  body TEXT NOT NULL
);

CREATE TABLE channel (
  id   TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  body TEXT NOT NULL
);

CREATE TABLE service (
  id   TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  body TEXT NOT NULL
);

CREATE TABLE integration (
  id   TEXT COLLATE "C" PRIMARY KEY,
  name TEXT COLLATE "C" NOT NULL UNIQUE,
  body TEXT NOT NULL
);

CREATE TABLE escalation_policy (
  id      TEXT COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  name    TEXT COLLATE "C" NOT NULL,
  hidden  BOOLEAN NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (id, version)
);
