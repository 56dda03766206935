-- +goose Up
-- What people and dashboards read: names in place of ids, times as times. Each view has a raw column, too, in microseconds, by
-- which a dashboard filters: opened, paged, began, created. docs/guide/reporting.md explains the columns.
-- A later migration that changes a column of which one is made drops and creates it again.

CREATE VIEW report_team AS
SELECT name FROM team UNION ALL SELECT '_none';

CREATE VIEW report_incident AS
SELECT
  i.opened_at AS opened,
  i.number AS incident,
  i.id,
  coalesce(s.name, i.service) AS service,
  i.environment,
  coalesce(t.name, '_none') AS team,
  (ARRAY['none', 'info', 'warning', 'error', 'critical'])[i.severity + 1] AS severity,
  (ARRAY['open', 'acknowledged', 'resolved'])[i.status + 1] AS status,
  i.title,
  i.assignee_name AS assignee,
  i.alerts,
  l.answered,
  TIMESTAMPTZ 'epoch' + i.opened_at * INTERVAL '1 microsecond' AS opened_at,
  CASE WHEN l.to_answer >= 0 THEN TIMESTAMPTZ 'epoch' + (i.opened_at + l.to_answer) * INTERVAL '1 microsecond' END AS acknowledged_at,
  CASE WHEN i.resolved_at > 0 THEN TIMESTAMPTZ 'epoch' + i.resolved_at * INTERVAL '1 microsecond' END AS resolved_at,
  CASE WHEN l.to_answer >= 0 THEN CAST(l.to_answer / 1000000.0 AS DOUBLE PRECISION) END AS seconds_to_acknowledge,
  CASE WHEN l.lasted >= 0 THEN CAST(l.lasted / 1000000.0 AS DOUBLE PRECISION) END AS seconds_to_resolve
FROM listing l
JOIN incident i ON i.number = l.number
LEFT JOIN service s ON s.id = i.service_id
LEFT JOIN team t ON t.id = i.team
WHERE l.number > 0; -- not the synthetic alert's

-- The database may not know a zone that the server knows: then it is UTC.
CREATE VIEW report_person AS
SELECT u.id, coalesce(nullif(u.person ->> 'Name', ''), u.person ->> 'Email') AS person, coalesce(z.name, 'UTC') AS zone
FROM (SELECT id, CAST(body AS jsonb) AS person FROM user_account) AS u
LEFT JOIN pg_timezone_names z ON z.name = u.person ->> 'TimeZone';

-- A night is from 22:00 to 07:00 where the person is, and belongs to the day on which it begins.
CREATE VIEW report_page AS
SELECT
  p.at AS paged,
  p.incident,
  p.service,
  p.environment,
  p.team,
  (ARRAY['none', 'info', 'warning', 'error', 'critical'])[p.severity + 1] AS severity,
  CASE WHEN p.high THEN 'high' ELSE 'low' END AS urgency,
  coalesce(p.person, p.recipient) AS person,
  TIMESTAMPTZ 'epoch' + p.at * INTERVAL '1 microsecond' AS paged_at,
  p.high AND (extract(hour FROM p.local) >= 22 OR extract(hour FROM p.local) < 7) AS night,
  CASE WHEN p.high AND (extract(hour FROM p.local) >= 22 OR extract(hour FROM p.local) < 7)
    THEN CAST(p.local - INTERVAL '7 hours' AS DATE) END AS night_of
FROM (
  SELECT p.at, p.incident, i.service, i.environment, i.team, p.severity, p.high, u.person, p.recipient,
    (TIMESTAMPTZ 'epoch' + p.at * INTERVAL '1 microsecond') AT TIME ZONE coalesce(u.zone, 'UTC') AS local
  FROM page p
  JOIN report_incident i ON i.incident = p.incident
  LEFT JOIN report_person u ON 'user:' || u.id = p.recipient
  WHERE p.purpose = 'page' AND p.recipient LIKE 'user:%') AS p;

CREATE VIEW report_message AS
SELECT
  created_at AS created,
  id,
  kind,
  provider,
  purpose,
  status,
  attempt AS attempts,
  TIMESTAMPTZ 'epoch' + created_at * INTERVAL '1 microsecond' AS created_at,
  CASE WHEN sent_at > 0 THEN TIMESTAMPTZ 'epoch' + sent_at * INTERVAL '1 microsecond' END AS sent_at
FROM message
WHERE kind <> 'probe';

-- Alerts that are over: what still fires is not among them.
CREATE VIEW report_alert AS
SELECT
  h.began_at AS began,
  i.incident,
  i.service,
  i.environment,
  i.team,
  coalesce(n.name, h.integration) AS integration,
  h.name AS alert,
  h.fingerprint,
  (ARRAY['none', 'info', 'warning', 'error', 'critical'])[h.severity + 1] AS severity,
  TIMESTAMPTZ 'epoch' + h.began_at * INTERVAL '1 microsecond' AS began_at,
  TIMESTAMPTZ 'epoch' + h.at * INTERVAL '1 microsecond' AS ended_at,
  CAST((h.at - h.began_at) / 1000000.0 AS DOUBLE PRECISION) AS seconds
FROM alert_history h
JOIN report_incident i ON i.incident = h.incident
LEFT JOIN integration n ON n.id = h.integration;
