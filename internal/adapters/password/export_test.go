package password

// Occupy takes both turns until the function that it gives is called.
func Occupy(h *Hasher) (release func()) {
	h.turns <- struct{}{}
	h.turns <- struct{}{}
	return func() { <-h.turns; <-h.turns }
}
