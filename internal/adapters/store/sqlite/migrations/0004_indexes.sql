-- +goose Up

-- The list of what was quarantined is read newest first, page by page.
CREATE INDEX quarantine_at ON quarantine (at, id);

-- When a service is said to be healthy, its few resolved incidents whose alerts may still fire are looked for.
CREATE INDEX timer_grace ON timer (incident) WHERE kind = 'grace';
