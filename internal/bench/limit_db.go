package bench

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver that the product uses
)

// The least that any program would write for an alert: the alert's row and a line of its story, each table with
// one index. It is written by one connection, group by group, as the product's committer does.
const (
	limitSchema = `
CREATE TABLE alert (fingerprint TEXT PRIMARY KEY, incident BIGINT NOT NULL, last_seen BIGINT NOT NULL, labels TEXT NOT NULL);
CREATE TABLE timeline (incident BIGINT, seq BIGINT, at BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (incident, seq));`
	limitLabels = `{"alertname":"HighErrorRate","environment":"production","instance":"0123456789abcdef","job":"web","namespace":"shop",` +
		`"pod":"web-7c9d8b6f5-x2v4q","service":"bench-001","severity":"critical"}`
	limitBody = "HighErrorRate on 0123456789abcdef joined: Many requests fail"
)

// limitRow is what one alert writes.
type limitRow struct {
	fingerprint       string
	incident, seq, at int64
}

// limitWriter writes one group in one flushed transaction.
type limitWriter func(ctx context.Context, rows []limitRow) error

// databaseLimit gives the alerts/s that this machine can flush in groups of that size.
func (r *run) databaseLimit(ctx context.Context, group int) (Limit, error) {
	address, drop, err := r.db.fresh(ctx)
	if err != nil {
		return Limit{}, err
	}
	defer drop()
	write, end, err := onPostgres(r, postgresLimit, sqliteLimit)(ctx, address)
	if err != nil {
		return Limit{}, fmt.Errorf("prepare the minimal schema: %w", err)
	}
	defer end()
	v, err := flushRate(ctx, write, group, quickly(r, 3*time.Second, time.Second))
	return Limit{fmt.Sprintf("minimal schema (%d per commit)", group), v}, err
}

func flushRate(ctx context.Context, write limitWriter, group int, window time.Duration) (float64, error) {
	rows := make([]limitRow, group)
	n := 0
	var began time.Time
	warm := time.Now().Add(window / 3)
	counted := 0
	for {
		for i := range rows {
			n++
			rows[i] = limitRow{fingerprint: fmt.Sprintf("%016x", scatter(uint64(n))), incident: int64(n % 100), seq: int64(n), at: time.Now().UnixMicro()}
		}
		if err := write(ctx, rows); err != nil {
			return 0, fmt.Errorf("write the minimal schema: %w", err)
		}
		now := time.Now()
		switch {
		case !began.IsZero():
			counted += group
			if took := now.Sub(began); took >= window {
				return float64(counted) / took.Seconds(), nil
			}
		case now.After(warm):
			began = now
		}
	}
}

// sqliteLimit has the pragmas of the product's writer, and prepared statements on one connection as it has.
func sqliteLimit(ctx context.Context, address string) (limitWriter, func(), error) {
	path := address[len("sqlite:"):]
	q := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)", "cache_size(-65536)",
	}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	end := func() { _ = db.Close() }
	if _, err := db.ExecContext(ctx, limitSchema); err != nil {
		end()
		return nil, nil, err
	}
	statements := make([]*sql.Stmt, 4)
	for i, text := range []string{
		`BEGIN IMMEDIATE`, `COMMIT`,
		`INSERT INTO alert (fingerprint, incident, last_seen, labels) VALUES ($1, $2, $3, $4)`,
		`INSERT INTO timeline (incident, seq, at, body) VALUES ($1, $2, $3, $4)`,
	} {
		if statements[i], err = db.PrepareContext(ctx, text); err != nil {
			end()
			return nil, nil, err
		}
	}
	begin, commit, alert, line := statements[0], statements[1], statements[2], statements[3]
	return func(ctx context.Context, rows []limitRow) error {
		if _, err := begin.ExecContext(ctx); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := alert.ExecContext(ctx, r.fingerprint, r.incident, r.at, limitLabels); err != nil {
				return err
			}
			if _, err := line.ExecContext(ctx, r.incident, r.seq, r.at, limitBody); err != nil {
				return err
			}
		}
		_, err := commit.ExecContext(ctx)
		return err
	}, end, nil
}

// postgresLimit writes by arrays in one round trip and commits in a second, as the product does.
func postgresLimit(ctx context.Context, address string) (limitWriter, func(), error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, nil, err
	}
	end := func() { _ = conn.Close(context.WithoutCancel(ctx)) }
	if _, err := conn.Exec(ctx, "SET synchronous_commit = on; SET jit = off;"+limitSchema); err != nil {
		end()
		return nil, nil, err
	}
	return func(ctx context.Context, rows []limitRow) error {
		fingerprints, labels, bodies := make([]string, len(rows)), make([]string, len(rows)), make([]string, len(rows))
		incidents, seqs, ats := make([]int64, len(rows)), make([]int64, len(rows)), make([]int64, len(rows))
		for i, r := range rows {
			fingerprints[i], labels[i], bodies[i] = r.fingerprint, limitLabels, limitBody
			incidents[i], seqs[i], ats[i] = r.incident, r.seq, r.at
		}
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx) //nolint:errcheck // after a commit there is nothing to roll back
		var b pgx.Batch
		b.Queue(`INSERT INTO alert SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[])`, fingerprints, incidents, ats, labels)
		b.Queue(`INSERT INTO timeline SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])`, incidents, seqs, ats, bodies)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		return tx.Commit(ctx)
	}, end, nil
}
