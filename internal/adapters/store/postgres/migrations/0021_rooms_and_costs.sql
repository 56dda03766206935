-- +goose Up
-- In which conversations the bots of chats are, so that people can choose one by its name.
CREATE TABLE room (
  kind      TEXT COLLATE "C" NOT NULL,
  id        TEXT COLLATE "C" NOT NULL, -- the chat's
  name      TEXT NOT NULL,
  team      TEXT COLLATE "C" NOT NULL, -- the chat's id; '' for none
  team_name TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);

-- Who took a message before its provider did, and never said that it arrived: both are paid.
ALTER TABLE message ADD COLUMN provider_before TEXT NOT NULL DEFAULT '';
