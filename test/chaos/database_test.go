package chaos

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	_ "modernc.org/sqlite"             // the driver
)

// database is a server's own, looked into from outside.
type database struct{ *sql.DB }

func openDatabase(t *testing.T, url string) database {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, url = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return database{db}
}

func (d database) exec(t *testing.T, query string) {
	t.Helper()
	if _, err := d.ExecContext(t.Context(), query); err != nil {
		t.Fatal(err)
	}
}

func (d database) count(t *testing.T, query string) (n int) {
	t.Helper()
	if err := d.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
