-- +goose Up
-- In which conversations the bots of chats are, so that people can choose one by its name.
CREATE TABLE room (
  kind      TEXT NOT NULL,
  id        TEXT NOT NULL, -- the chat's
  name      TEXT NOT NULL,
  team      TEXT NOT NULL, -- the chat's id; '' for none
  team_name TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Who took a message before its provider did, and never said that it arrived: both are paid.
ALTER TABLE message ADD COLUMN provider_before TEXT NOT NULL DEFAULT '';
