package scenario

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rouse-oncall/rouse/internal/wire"
)

// kept are the defaults. Commands go by the database's clock, which is long after the stories'.
var kept = wire.Retention{KeepIncidents: 90 * 24 * time.Hour, KeepQuarantine: 90 * 24 * time.Hour, KeepPayloads: 14 * 24 * time.Hour}

func (s *story) retain(r wire.Retention, dry bool) wire.Removed {
	s.t.Helper()
	n, _, err := wire.Retain(s.t.Context(), s.config.DatabaseURL, r, dry, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatalf("retain: %v", err)
	}
	return n
}

// overAndNot are four incidents that are over, #1 to #4, and three that are not: open, acknowledged, and resolved while it fires.
func (s *story) overAndNot() {
	s.t.Helper()
	for _, name := range []string{"One", "Two", "Three", "Four"} {
		s.fire(name, "service", strings.ToLower(name))
		s.resolve(name, "service", strings.ToLower(name))
		s.forward(10 * time.Minute)
	}
	for _, name := range []string{"Open", "Acked", "Graced"} {
		s.fire(name, "service", strings.ToLower(name))
	}
	s.forward(10 * time.Minute)
	s.ack("ana@example.org", 6)
	s.say("ana@example.org", "resolved", 7)
	s.post(map[string]any{"alerts": []map[string]any{{"status": "odd"}}}) // quarantine, and its incident
	s.settle()
	s.skip()
}

// TestWhatIsOverIsRemoved: after its time, and nothing else; the same alert opens a new incident then.
func TestWhatIsOverIsRemoved(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.overAndNot()
		if n := s.retain(kept, true); n.Incidents != 4 || n.Quarantine != 1 {
			t.Errorf("would be removed: %+v", n)
		}
		s.is(1, "resolved")
		long := kept
		long.KeepIncidents, long.KeepQuarantine = 100*365*24*time.Hour, 0
		if n := s.retain(long, false); n != (wire.Removed{}) {
			t.Errorf("removed that is not old: %+v", n)
		}
		if n := s.retain(kept, false); n.Incidents != 4 || n.Quarantine != 1 {
			t.Errorf("removed: %+v", n)
		}
		for _, path := range []string{"/incidents/1", "/api/v1/incidents/4/timeline", "/api/v1/incidents/2/messages"} {
			s.must(s.request("", http.MethodGet, path, nil), http.StatusNotFound)
		}
		s.is(5, "open")
		s.is(6, "acknowledged")
		s.is(7, "resolved")
		if n := s.retain(kept, false); n.Incidents != 0 {
			t.Errorf("removed again: %+v", n)
		}
		if got := s.fire("One", "service", "one"); got.Outcome != "opened" {
			t.Errorf("the same alert: %+v", got)
		}
		s.is(9, "open")
		s.forward(24 * time.Hour)
		s.skip()
	})
}

// TestWhatIsOverIsArchived before it is removed; from there it is found, put back, and removed again. One that was written and
// not removed, for the server ended between, is not written twice.
func TestWhatIsOverIsArchived(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.overAndNot()
		timeline := s.timeline(2)
		r := kept
		r.ArchiveTo, r.ArchiveKey = filepath.Join(t.TempDir(), "archive"), "a passphrase for the archive"
		shelf := wire.Shelf{Where: r.ArchiveTo, Key: r.ArchiveKey}

		s.readOnly(r)
		if s.retain(kept, true).Incidents != 4 {
			t.Fatal("removed what was not archived")
		}
		service := s.incident(2).Service
		s.retain(r, false)
		files, err := wire.ListArchive(t.Context(), shelf)
		if err != nil || len(files) != 1 || len(files[0].Incidents) != 4 || files[0].Rows["incident"] != 4 || files[0].Rows["delivery"] == 0 {
			t.Fatalf("%+v, %v", files, err)
		}
		s.must(s.request("", http.MethodGet, "/incidents/2", nil), http.StatusNotFound)
		var found []wire.Archived
		if err := wire.QueryArchive(t.Context(), shelf, wire.ArchiveFilter{Service: service, Text: "TWO"}, func(a wire.Archived) error {
			found = append(found, a)
			return nil
		}); err != nil || len(found) != 1 || found[0].Number != 2 || found[0].Title == "" || found[0].OpenedAt.IsZero() {
			t.Errorf("found: %+v, %v", found, err)
		}
		if n, err := wire.RestoreArchive(t.Context(), s.config.DatabaseURL, shelf, files[0].Name, []int64{2, 3}); n != 2 || err != nil {
			t.Fatalf("put back: %d, %v", n, err)
		}
		s.is(2, "resolved")
		if got := s.timeline(2); strings.Join(got, "\n") != strings.Join(timeline, "\n") {
			t.Errorf("its timeline:\n%s\nwas\n%s", strings.Join(got, "\n"), strings.Join(timeline, "\n"))
		}
		if n := s.retain(r, false); n.Incidents != 2 { // as after the end of a server that had just written them
			t.Errorf("removed: %+v", n)
		}
		if files, err = wire.ListArchive(t.Context(), shelf); len(files) != 1 || err != nil {
			t.Errorf("they were written twice: %v, %v", files, err)
		}
		s.spoiledArchive(shelf, files[0])
	})
}

// TestADoubtIsNotRemoved: an alert of an old incident came again and is waited for; it pages in the end.
func TestADoubtIsNotRemoved(t *testing.T) {
	t.Parallel()
	tell(t, "", func(s *story) {
		s.fire("Disk", "service", "db")
		old := s.alert("Disk", "service", "db")
		s.forward(time.Minute)
		s.resolve("Disk", "service", "db")
		s.forward(time.Hour)
		if got := s.send(old)[0]; got.Outcome != "doubtful" {
			t.Fatalf("the same occurrence after its end: %+v", got)
		}
		if n := s.retain(kept, false); n.Incidents != 0 {
			t.Errorf("removed: %+v", n)
		}
		s.forward(10 * time.Minute)
		if open := s.incidents("status=open"); len(open) != 1 {
			t.Errorf("%d incidents are open: nobody hears of it", len(open))
		}
		s.skip()
	})
}

// readOnly tries an archive that takes nothing: nothing is removed.
func (s *story) readOnly(r wire.Retention) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
	r.ArchiveTo = file + "/archive"
	if _, _, err := wire.Retain(s.t.Context(), s.config.DatabaseURL, r, false, "test", slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "cannot be made") {
		s.t.Errorf("an archive that cannot be: %v", err)
	}
}

// spoiledArchive reads an archive that was cut off, and one that was tampered with: of neither anything is believed.
func (s *story) spoiledArchive(shelf wire.Shelf, file wire.ArchiveFile) {
	s.t.Helper()
	path := filepath.Join(shelf.Where, file.File)
	good, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	changed := append([]byte{}, good...)
	changed[len(changed)/2] ^= 1
	for words, bad := range map[string][]byte{"is cut off": good[:len(good)-10], "was changed or damaged": changed} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			s.t.Fatal(err)
		}
		if err := wire.VerifyArchive(context.Background(), shelf, "", func(_ wire.ArchiveFile, err error) {
			if err == nil || !strings.Contains(err.Error(), words) {
				s.t.Errorf("instead of %q: %v", words, err)
			}
		}); err != nil {
			s.t.Error(err)
		}
		if n, err := wire.RestoreArchive(context.Background(), s.config.DatabaseURL, shelf, file.Name, nil); n != 0 || err == nil {
			s.t.Errorf("put back from a file that %s: %d", words, n)
		}
	}
	s.must(s.request("", http.MethodGet, "/incidents/2", nil), http.StatusNotFound)
}
