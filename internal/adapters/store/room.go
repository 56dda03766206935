package store

import (
	"context"

	"github.com/rouse-oncall/rouse/internal/adapters/store/engine"
	"github.com/rouse-oncall/rouse/internal/domain/directory"
	"github.com/rouse-oncall/rouse/internal/ports"
)

// Rooms knows in which conversations the bots of chats are.
func (tx *Tx) Rooms() ports.Rooms { return rooms{tx} }

type rooms struct{ tx *Tx }

func (r rooms) All(ctx context.Context) (out []directory.Room, err error) {
	err = r.tx.Query(ctx, `SELECT kind, id, name, team, team_name FROM room ORDER BY kind, id`, func(scan engine.Scan) error {
		var m directory.Room
		err := scan(&m.Kind, &m.ID, &m.Name, &m.Team, &m.TeamName)
		out = append(out, m)
		return err
	})
	return out, err
}

const (
	putRoom = `
	INSERT INTO room (kind, id, name, team, team_name) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (kind, id) DO UPDATE SET
		name      = CASE WHEN excluded.name = '' THEN room.name ELSE excluded.name END,
		team      = CASE WHEN excluded.team = '' THEN room.team ELSE excluded.team END,
		team_name = CASE WHEN excluded.team_name = '' THEN room.team_name ELSE excluded.team_name END`
	nameTeam = `UPDATE room SET team_name = $1 WHERE kind = $2 AND team = $3 AND team <> '' AND $1 <> '' AND team_name <> $1`
)

func (r rooms) Put(ctx context.Context, list []directory.Room) error {
	for _, m := range list {
		if _, err := r.tx.Exec(ctx, putRoom, m.Kind, m.ID, m.Name, m.Team, m.TeamName); err != nil {
			return err
		}
		if _, err := r.tx.Exec(ctx, nameTeam, m.TeamName, m.Kind, m.Team); err != nil {
			return err
		}
	}
	return nil
}

func (r rooms) Drop(ctx context.Context, kind, external string) error {
	_, err := r.tx.Exec(ctx, `DELETE FROM room WHERE kind = $1 AND (id = $2 OR team = $2)`, kind, external)
	return err
}

var _ ports.Rooms = rooms{}
