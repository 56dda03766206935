package engine

import "context"

// Complaint is something about a database, beside Doubts, that needs somebody, and what to do.
type Complaint struct {
	Grave bool
	What  string
	Do    string
}

// Complainer is an engine that can look at itself.
type Complainer interface {
	// Complaints are empty where all is as it should be; about says in words what was looked at.
	Complaints(ctx context.Context) (about string, found []Complaint, err error)
}
