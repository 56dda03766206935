package postgres

import (
	"context"
	"strconv"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
)

var _ engine.Complainer = (*DB)(nil)

// oldest is the first version that tests run on.
const oldest = 150000

// Complaints looks at the server itself; whether it keeps what it has committed, Doubts say.
func (db *DB) Complaints(ctx context.Context) (string, []engine.Complaint, error) {
	set := map[string]string{}
	rows, err := db.lists.QueryContext(ctx, `
		SELECT name, setting FROM pg_settings
		WHERE name IN ('server_version_num', 'server_version', 'default_transaction_read_only')
		UNION ALL SELECT 'recovery', CAST(pg_is_in_recovery() AS TEXT)`)
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
	return "PostgreSQL " + set["server_version"], complaints(set), rows.Err()
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
	return out
}
