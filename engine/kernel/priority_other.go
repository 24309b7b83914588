//go:build !linux

package kernel

// lowerPriority does nothing: elsewhere a thread has no niceness of its own.
func lowerPriority() {}
