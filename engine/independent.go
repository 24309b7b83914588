package engine

import (
	"container/heap"
	"encoding/binary"
	"math/rand/v2"
)

// A draw is one independent sample: its index and its own stream of random numbers.
type draw struct {
	index  int
	random *rand.Rand
}

// newDraws returns the samples of a request.
func newDraws(req *Request) []*draw {
	draws := make([]*draw, req.Samples)
	for i := range draws {
		draws[i] = &draw{index: i, random: stream(req.Sampling.Seed, uint64(i), 0)}
	}
	return draws
}

// stream returns the random numbers that belong to a seed and two more numbers. Streams
// are independent of each other, so that a sample is the same whatever runs beside it.
func stream(seed, a, b uint64) *rand.Rand {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[0:], seed)
	binary.LittleEndian.PutUint64(key[8:], a)
	binary.LittleEndian.PutUint64(key[16:], b)
	return rand.New(rand.NewChaCha8(key))
}

// An independentDrawer draws each sample on its own. All samples exist from the start:
// those that wait for a place in the batch have drawn along as far as they share a
// branch with one that runs. A branch's rank is the index of its first sample.
type independentDrawer struct {
	columns  int // of a batch
	open     open
	finished []Sample
}

// branchOut lets every sample of b draw, and gathers those that draw alike.
func (i *independentDrawer) branchOut(b *branch, d *distribution) {
	byToken := map[int]*branch{}
	for _, s := range b.draws {
		c := d.draw(s.random.Float64())
		next := byToken[c.token]
		if next == nil {
			next = b.follow(c, d)
			next.rank = float64(s.index)
			byToken[c.token] = next
			heap.Push(&i.open, next)
		}
		next.draws = append(next.draws, s)
	}
}

func (i *independentDrawer) next(batch int) *branch {
	if batch == i.columns || len(i.open) == 0 {
		return nil
	}
	return heap.Pop(&i.open).(*branch)
}

func (i *independentDrawer) ended(b *branch) {
	for _, s := range b.draws {
		i.finished = append(i.finished, b.sample(s.index))
	}
}

func (i *independentDrawer) samples([]*branch) []Sample {
	finished := i.finished
	i.finished = nil
	return finished
}

func (*independentDrawer) shared(b *branch) int { return len(b.draws) }
