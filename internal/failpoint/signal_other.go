//go:build failpoint && !linux

package failpoint

import (
	"os"
	"syscall"
)

func signal(s syscall.Signal) { _ = syscall.Kill(os.Getpid(), s) }
