package verify

// Kind is what a finding is about, by what to do about it.
type Kind string

// The kinds of findings, in the order of their haste.
const (
	Unreadable Kind = "unreadable" // nothing can work on it
	Timers     Kind = "timers"     // what comes next comes at the wrong time, or never
	Pages      Kind = "pages"      // somebody may never be told
	People     Kind = "people"     // what people own does not say who is meant
	Alerts     Kind = "alerts"     // an alert is not what its incident, or its timer, says
	Records    Kind = "records"    // nobody is paged less for it: lists, histories, rows that belong to nothing
)

// Advice is what to do about the findings of a kind.
type Advice struct {
	Kind  Kind   `json:"kind"`
	Found int    `json:"found"`
	Do    string `json:"do"`
}

// kinds are those that there are, with what to do.
func kinds() []Advice {
	return []Advice{
		{Kind: Unreadable, Do: "Nothing works on what cannot be read. Tell people by `rouse incidents page TITLE --user EMAIL`, now. Then start the " +
			"newest version of rouse that ever ran on this database, which may be able to read it; else restore a copy (below)."},
		{Kind: Timers, Do: "While a server runs, its auditor plans the timers of unresolved incidents anew within 15 seconds and says so on their " +
			"timelines: run `rouse verify` again in a minute. What is found then still: `rouse incidents pass NUMBER` pages the next level now, " +
			"`rouse incidents ack NUMBER` takes it over, `rouse incidents resolve NUMBER` ends it."},
		{Kind: Pages, Do: "Somebody may not have been told, and nothing will mend that by itself. Look at `rouse incidents show NUMBER`; where it is " +
			"unresolved and nobody works on it, `rouse incidents pass NUMBER` pages the next level now, `--user EMAIL` whom you choose."},
		{Kind: People, Do: "Make it anew, or name another one: `rouse apply`, or the API of people, services and policies. Until then the default " +
			"policy and the fallback are paged; for an incident that somebody had who is gone, `rouse incidents pass NUMBER` pages now."},
		{Kind: Alerts, Do: "The alert's next signal mends most of it. `rouse incidents show NUMBER` says what the incident knows of it; resolve it by " +
			"hand when the source has healed, for it may not do so by itself."},
		{Kind: Records, Do: "Nobody is paged less for it; lists, counts or histories say less or other than what was. Nothing mends it but a copy (below), " +
			"which is worth it only where the record matters more to you than what came after the copy."},
	}
}

// restore is what to do when the rest does not help. It ends every advice.
const restore = "None of this comes from Rouse's own work: a disk, a restored half of a database, or a hand in its tables made it. Keep a copy of the " +
	"database as it is now, for whoever looks into it. To restore one: stop all servers, `rouse restore` the newest backup that `rouse backup verify` " +
	"finds whole into an empty database, start, look at the open incidents, then `rouse paging resume`."
