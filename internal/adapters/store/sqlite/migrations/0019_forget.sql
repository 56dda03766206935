-- +goose Up
-- What providers brought long ago is forgotten.
CREATE INDEX inbound_until ON inbound (until_at);

-- Whoever is gone is nobody's, and may be linked anew.
DELETE FROM linked WHERE user_id NOT IN (SELECT id FROM user_account);
