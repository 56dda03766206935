package postgres

import (
	"context"
	"fmt"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

var _ engine.Complainer = (*DB)(nil)

// oldest is the first version that tests run on.
const oldest = 150000

// Complaints looks at the server's settings.
func (db *DB) Complaints(ctx context.Context) (string, []engine.Complaint, error) {
	set := map[string]string{}
	rows, err := db.ui.QueryContext(ctx, `
		SELECT name, setting FROM pg_settings
		WHERE name IN ('server_version_num', 'server_version', 'fsync', 'full_page_writes', 'default_transaction_read_only', 'synchronous_standby_names')
		UNION ALL SELECT 'recovery', CAST(pg_is_in_recovery() AS TEXT)
		UNION ALL SELECT 'standbys', CAST(count(*) AS TEXT) FROM pg_stat_replication WHERE state = 'streaming'`)
	if err != nil {
		return "", nil, translate(ctx, err, true)
	}
	defer func() { _ = rows.Close() }() // it was read to its end, or there is an error
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return "", nil, err
		}
		set[name] = value
	}
	return fmt.Sprintf("PostgreSQL %s, %s standbys", set["server_version"], set["standbys"]), complaints(set), rows.Err()
}

func complaints(set map[string]string) []engine.Complaint {
	var out []engine.Complaint
	add := func(is, grave bool, what, do string) {
		if is {
			out = append(out, engine.Complaint{Grave: grave, What: what, Do: do})
		}
	}
	version, _ := strconv.Atoi(set["server_version_num"])
	add(version < oldest, true, "PostgreSQL "+set["server_version"]+" is too old", "use PostgreSQL 15 or newer")
	add(set["recovery"] == "true", true, "it is a standby: nothing can be written", "name the primary in ROUSE_DATABASE_URL")
	add(set["default_transaction_read_only"] == "on", true, "transactions are read-only by default: nothing can be written", "set default_transaction_read_only to off")
	add(set["fsync"] == "off", true, "fsync is off: what was answered may be lost in a crash", "set fsync to on")
	add(set["full_page_writes"] == "off", true, "full_page_writes is off: a crash may spoil pages", "set full_page_writes to on")
	add(set["standbys"] != "0" && set["synchronous_standby_names"] == "", false,
		"its standbys are not synchronous: a failover may lose alerts that were answered", "set synchronous_standby_names")
	return out
}
