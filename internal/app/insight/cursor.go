package insight

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"time"

	"github.com/rouse-oncall/rouse/internal/domain/fault"
	"github.com/rouse-oncall/rouse/internal/domain/id"
)

// cursor is what a page's cursor says: the place of its last incident, and which list it was of.
type cursor struct {
	Filters  uint64      `json:"f"`
	OpenedAt int64       `json:"t"` // microseconds
	Number   id.Incident `json:"n"`
}

// filters identifies a list: all of the query but its page.
func (q IncidentQuery) filters() uint64 {
	q.Limit, q.Cursor = 0, ""
	if q.Sort == "" {
		q.Sort = string(Newest)
	}
	b, _ := json.Marshal(q) // cannot fail: strings, numbers
	h := fnv.New64a()
	_, _ = h.Write(b) // never fails
	return h.Sum64()
}

func encodeCursor(q IncidentQuery, p Position) string {
	b, _ := json.Marshal(cursor{q.filters(), p.OpenedAt.UnixMicro(), p.Number}) // cannot fail: numbers
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(q IncidentQuery) (*Position, error) {
	if q.Cursor == "" {
		return nil, nil
	}
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(q.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return nil, fault.Invalid("cursor.unreadable", "this is not a cursor that a list gave").At("cursor")
	}
	if c.Filters != q.filters() {
		return nil, fault.Invalid("cursor.filters", "this cursor belongs to a list with other filters: begin again without it").At("cursor")
	}
	return &Position{time.UnixMicro(c.OpenedAt).UTC(), c.Number}, nil
}
