-- +goose Up
-- What an update to a channel is about, by its name for programs.
ALTER TABLE page ADD COLUMN event TEXT NOT NULL DEFAULT '';
