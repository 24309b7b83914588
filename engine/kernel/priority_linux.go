package kernel

import "golang.org/x/sys/unix"

// nicer is how much more patient than the process threads that sample are: the scheduler gives
// them a third of what it gives an editor or a compiler that wants the same processor.
const nicer = 5

// lowerPriority makes the calling thread give way to others, those of this process
// included. There is no way back without privileges, so the thread must end with its work.
func lowerPriority() {
	// The system call answers 20 for a niceness of 0, 1 for 19.
	if priority, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(19, 20-priority+nicer)) // refused, it costs patience only
	}
}
