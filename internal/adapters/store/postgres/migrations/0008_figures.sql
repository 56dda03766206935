-- +goose Up
-- What figures are made of, beside what lists are found by: microseconds, -1 where nobody has answered or it goes on.
ALTER TABLE listing ADD COLUMN to_answer BIGINT NOT NULL DEFAULT -1;
ALTER TABLE listing ADD COLUMN lasted BIGINT NOT NULL DEFAULT -1;
ALTER TABLE listing ADD COLUMN answered BOOLEAN NOT NULL DEFAULT false;

UPDATE listing SET
  to_answer = coalesce((SELECT min(t.at) FROM timeline t
    WHERE t.opened_at = listing.opened_at AND t.incident = listing.number AND t.kind IN ('acknowledged', 'snoozed', 'taken_over')) - opened_at, -1),
  lasted = coalesce((SELECT i.resolved_at - i.opened_at FROM incident i
    WHERE i.number = listing.number AND i.resolved_at > 0 AND NOT EXISTS (SELECT 1 FROM merged m WHERE m.incident = listing.number)), -1);
UPDATE listing SET answered = (to_answer >= 0 OR EXISTS (SELECT 1 FROM incident i WHERE i.number = listing.number
  AND (i.resolved_by LIKE '%"kind":"user"%' OR i.resolved_by LIKE '%"kind":"token"%')));
