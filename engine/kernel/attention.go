package kernel

import (
	"math"
	"sync"
)

// taskVectors is how many vectors attention computes together in one task.
const taskVectors = 4

// Attention writes softmax(q·K/√headDim)·V to out for each head of each vector. q and
// out are [n][heads][headDim]; heads is a multiple of kvHeads, and head h reads
// key-value head h/(heads/kvHeads). views[i] are the positions that vector i sees, in
// order. Neighbouring vectors that see the same segment are computed together, which
// changes the time but not the result.
func (p *Pool) Attention(out, q []float32, n, heads, kvHeads, headDim int, views [][]View) {
	p.calls.Lock()
	defer p.calls.Unlock()
	attend := current().attend
	batches := (n + taskVectors - 1) / taskVectors
	group := heads / kvHeads
	// Where there are more threads than work, the heads of a group are shared out too.
	parts := min(group, max(1, p.threads/max(1, batches*kvHeads)))
	p.run(batches*kvHeads*parts, func(task int) {
		batch, part, kvHead := task/parts/kvHeads, task%parts, task/parts%kvHeads
		from, to := batch*taskVectors, min((batch+1)*taskVectors, n)
		first, last := kvHead*group+part*group/parts, kvHead*group+(part+1)*group/parts
		t := attentionTasks.Get().(*attentionTask)
		defer attentionTasks.Put(t)
		t.begin(q[from*heads*headDim:], to-from, heads, first, last-first, headDim)
		t.see(attend, views[from:to], kvHead)
		t.end(out[from*heads*headDim:], heads, first)
	})
}

// An attentionTask is the state of some heads, the same for some vectors. A row is a head
// of a vector: row i*group+h is head first+h of vector i.
type attentionTask struct {
	group, dim     int
	q, out         []float32 // [rows][dim]; out is not yet divided by total
	highest, total []float32 // [rows]: the highest score so far, and Σ exp(score-highest)
	seen           []int32
}

var attentionTasks = sync.Pool{New: func() any { return new(attentionTask) }}

// begin takes the queries of heads first to first+group-1 of n vectors.
func (t *attentionTask) begin(q []float32, n, heads, first, group, dim int) {
	t.group, t.dim = group, dim
	t.q, t.out, t.highest, t.total = t.q[:0], t.out[:0], t.highest[:0], t.total[:0]
	for i := range n {
		t.q = append(t.q, q[(i*heads+first)*dim:][:group*dim]...)
	}
	for range n * group {
		t.highest = append(t.highest, float32(math.Inf(-1)))
		t.total = append(t.total, 0)
	}
	t.out = append(t.out, t.q...) // for its length
	clear(t.out)
}

// see runs the views, neighbouring vectors with the same segment at once.
func (t *attentionTask) see(attend attendLoop, views [][]View, kvHead int) {
	for j := 0; ; j++ {
		more := false
		for i := 0; i < len(views); {
			if j >= len(views[i]) {
				i++
				continue
			}
			more = true
			segment := views[i][j].Segment
			k, v := segment.head(kvHead, t.dim)
			t.seen = t.seen[:0]
			first := i
			for ; i < len(views) && j < len(views[i]) && views[i][j].Segment == segment; i++ {
				t.seen = append(t.seen, int32(views[i][j].Len))
			}
			attend(t, first*t.group, k, v)
		}
		if !more {
			return
		}
	}
}

// end writes the outputs.
func (t *attentionTask) end(out []float32, heads, first int) {
	for r, total := range t.total {
		i, h := r/t.group, r%t.group
		dst := out[(i*heads+first+h)*t.dim:][:t.dim]
		if total == 0 {
			clear(dst) // it saw nothing
			continue
		}
		inverse := 1 / total
		for d, x := range t.out[r*t.dim:][:t.dim] {
			dst[d] = x * inverse
		}
	}
}

// An attendLoop lets len(t.seen)*t.group rows from row first on see one head of a
// segment: vector i its first t.seen[i] positions.
type attendLoop func(t *attentionTask, first int, k, v []uint16)

func plainAttend(t *attentionTask, first int, k, v []uint16) {
	for i, seen := range t.seen {
		for h := range t.group {
			t.plainRow(first+i*t.group+h, k, v, int(seen))
		}
	}
}

func (t *attentionTask) plainRow(row int, k, v []uint16, seen int) {
	q, out := t.q[row*t.dim:][:t.dim], t.out[row*t.dim:][:t.dim]
	scale := float32(1 / math.Sqrt(float64(t.dim)))
	for pos := range seen {
		var score float32
		for d, x := range q {
			score += x * halfToFloat(k[keyAt(pos, d, t.dim)])
		}
		score *= scale
		if score > t.highest[row] {
			shrink := float32(math.Exp(float64(t.highest[row] - score)))
			t.total[row] *= shrink
			for d := range out {
				out[d] *= shrink
			}
			t.highest[row] = score
		}
		w := float32(math.Exp(float64(score - t.highest[row])))
		t.total[row] += w
		for d := range out {
			out[d] += w * halfToFloat(v[pos*t.dim+d])
		}
	}
}
