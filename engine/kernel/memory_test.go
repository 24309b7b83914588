package kernel

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// Memory is zero, aligned, and its own, whatever was given back before.
func TestAllocate(t *testing.T) {
	type piece struct {
		memory  []byte
		release func()
		mark    byte
	}
	rng := rand.New(rand.NewPCG(14, 15))
	var held []piece
	check := func(p piece) {
		for i, b := range p.memory {
			if b != p.mark {
				t.Fatalf("byte %d of %d is %d, want %d", i, len(p.memory), b, p.mark)
			}
		}
	}
	for round := range 60 {
		size := 1 + rng.IntN(1<<uint(1+rng.IntN(24)))
		memory, release, err := allocate(size)
		if err != nil {
			t.Fatal(err)
		}
		if len(memory) != size || uintptr(unsafe.Pointer(&memory[0]))%lineBytes != 0 {
			t.Fatalf("%d bytes at %p for %d", len(memory), &memory[0], size)
		}
		check(piece{memory: memory})
		mark := byte(1 + round)
		for i := range memory {
			memory[i] = mark
		}
		held = append(held, piece{memory, release, mark})
		if rng.IntN(3) == 0 {
			i := rng.IntN(len(held))
			check(held[i])
			held[i].release()
			held = append(held[:i], held[i+1:]...)
		}
	}
	for _, p := range held {
		check(p)
		p.release()
	}
}
