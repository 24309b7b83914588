package kernel

import "runtime"

// Background calls f on a thread of low priority that ends with it, as a pool's own
// threads have, so that long work gives way to what somebody waits for. It returns when f
// has; a panic in f becomes one of the caller's.
func Background(f func()) {
	var failure any
	returned, done := false, make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		lowerPriority()
		defer func() {
			if !returned {
				failure = recover()
			}
		}()
		f()
		returned = true
	}()
	<-done
	switch {
	case failure != nil:
		panic(failure)
	case !returned:
		runtime.Goexit() // as f did
	}
}
