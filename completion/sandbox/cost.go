package sandbox

import "time"

// A Cost is what verifying candidates takes, measured in one run on one machine.
type Cost struct {
	Programs   int // different specs
	Candidates int // runs in all
	// Processor time per candidate, of all processes together: with warm interpreters
	// (this server's own share included), and of a fresh `python3 -I -S` that does the same.
	Warm, Fresh time.Duration
	// Start is the processor time of bringing up one spec's interpreters and of its first
	// candidate; the workspace's first interpreters are in it too.
	Start time.Duration
	// PerSecond are candidates per second, all processors busy: ours, and the peer's (0 if
	// there was none).
	PerSecond, PeerPerSecond float64
	Layers                   Layers
	Python                   string
}
