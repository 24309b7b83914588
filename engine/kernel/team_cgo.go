//go:build cgo && linux && (amd64 || arm64)

package kernel

// #include "kernel.h"
import "C"

// A team holds a pool's threads in C, of low priority.
type team struct{ c *C.team }

func newTeam(threads int) *team {
	var c *C.team
	Background(func() { c = C.greenfill_new_team(C.int(threads)) }) // threads inherit the priority
	if c == nil {
		panic("out of memory") // as Go itself does
	}
	return &team{c}
}

func (t *team) end() { C.greenfill_end_team(t.c) }
