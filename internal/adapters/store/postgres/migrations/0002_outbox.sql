-- +goose Up
-- What is sent: a message is one or more deliveries of a lane, composed when it was claimed.

CREATE TABLE message (
  id          TEXT COLLATE "C" PRIMARY KEY,
  lane        TEXT NOT NULL,
  kind        TEXT NOT NULL,
  recipient   TEXT NOT NULL, -- kind:id
  address     TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  digest      BOOLEAN NOT NULL,
  items       TEXT NOT NULL,
  deliveries  TEXT NOT NULL, -- their ids
  status      TEXT NOT NULL,
  attempt     BIGINT NOT NULL,
  token       TEXT NOT NULL, -- only the holder of the newest one records
  lease_until BIGINT NOT NULL,
  next_at     BIGINT NOT NULL,
  look_at     BIGINT NOT NULL, -- when somebody must look at it: the end of the lease, the retry, of waiting for a receipt
  may_repeat  BOOLEAN NOT NULL,
  provider_id TEXT NOT NULL,
  detail      TEXT NOT NULL,
  created_at  BIGINT NOT NULL,
  sent_at     BIGINT NOT NULL,
  expires_at  BIGINT NOT NULL,
  faults      BIGINT NOT NULL,
  tries       TEXT NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX message_look ON message (look_at) WHERE look_at > 0;

-- The last digest of each recipient.
CREATE TABLE catch_up (
  recipient TEXT COLLATE "C" PRIMARY KEY,
  at        BIGINT NOT NULL
);
