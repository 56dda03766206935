// Package failpoint names the moments at which the chaos tests end or stop the program: those between two
// things that must not come apart. The program that people run is built without the tag "failpoint", and in it
// Here is an empty function.
package failpoint

// Point is such a moment.
type Point string

// The points.
const (
	IntakeWritten   Point = "intake-written"   // alerts are written, before COMMIT
	IntakeCommitted Point = "intake-committed" // after it, before anybody is answered
	TimersWorked    Point = "timers-worked"    // due timers are worked and committed, before anybody is woken
	Claimed         Point = "claimed"          // the intent of an attempt is committed
	Calling         Point = "calling"          // looked at again; the provider is called next
	Answered        Point = "answered"         // the provider has answered, and that is not recorded
	Recorded        Point = "recorded"         // it is recorded, before anybody is woken
	Migrating       Point = "migrating"        // between two migrations
)
