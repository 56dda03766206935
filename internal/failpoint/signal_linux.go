//go:build failpoint

package failpoint

import (
	"os"
	"runtime"
	"syscall"
)

// signal goes to this very thread: on a busy machine whichever other the kernel chose would come to it later, and this
// one would go on until then, past the moment at which it is to stop.
func signal(s syscall.Signal) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = syscall.Tgkill(os.Getpid(), syscall.Gettid(), s)
}
