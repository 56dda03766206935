//go:build !failpoint

package failpoint

// Here is a moment at which a test may end the program.
func Here(Point) {}
