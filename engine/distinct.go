package engine

// Sampling without replacement: stochastic beam search (Kool, van Hoof and Welling 2019,
// "Stochastic Beams and Where to Find Them", ICML), run best first as in A* sampling
// (Maddison, Tarlow and Minka 2014).
//
// Give every complete text the number G = log p + Gumbel noise. The texts in falling
// order of G are a draw without replacement. The tree of texts is walked without
// listing them: the highest G below a branch is itself Gumbel-distributed around the
// branch's log-probability, and the branches that follow share it out, one of them
// taking the parent's G and the others lower ones. So the branch of highest G always
// leads to the next sample, and the batch is filled with those that come after it.
//
// Texts that the caller's Stop cuts to the same length are one text: the first to come
// has the highest G of them, which is Gumbel-distributed around the log of their sum.
// To drop the later ones is therefore exact as well.

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// distinct is what a branch is in a draw without replacement.
type distinct struct {
	logProb float64 // of the tokens so far, at the request's temperature and cuts
	path    uint64  // a hash of the tokens so far
}

// A uniqueDrawer draws without replacement. A branch's rank is -G.
type uniqueDrawer struct {
	columns int // of a batch
	seed    uint64
	left    int // samples still to come
	most    int // branches that are kept open
	open    open
	drawn   map[string]bool
	waiting open    // ended, but not certain to be next
	lost    float64 // the lowest rank of a branch that was given up
}

func newUniqueDrawer(req *Request) *uniqueDrawer {
	return &uniqueDrawer{
		columns: req.Batch, seed: req.Sampling.Seed, left: req.Samples,
		// As many as samples would do if no two branches led to the same text.
		most:  16*req.Samples + 256,
		drawn: map[string]bool{}, lost: math.Inf(1),
	}
}

// branchOut shares b's G out to everything that may follow. (At the root any G will do:
// the order of those below does not depend on it.) Unlikely tokens, thousands as a rule,
// are at first one branch, the rest; should it come to run, b's last token is run again
// and the rest's G is shared out among them.
func (u *uniqueDrawer) branchOut(b *branch, d *distribution) {
	choices, rest := d.near()
	if b.again {
		choices, rest = d.far(), 0
	}
	// In the order of the vocabulary, which does not depend on what was drawn before.
	slices.SortFunc(choices, func(x, y choice) int { return cmp.Compare(x.token, y.token) })
	path, label := hashPath(b.node.path, b.next.token), uint64(1)
	if b.again {
		label = 2
	}
	random := stream(u.seed, path, label)

	followers := make([]follower, 0, len(choices)+1)
	highest := math.Inf(-1)
	add := func(c choice, weight float64, rest bool) {
		logProb := b.node.logProb + math.Log(weight/d.mass)
		g := logProb - math.Log(-math.Log(random.Float64()))
		followers = append(followers, follower{c, logProb, g, rest})
		highest = max(highest, g)
	}
	for _, c := range choices {
		add(c, c.weight, false)
	}
	if rest > 0 {
		add(choice{}, rest, true)
	}
	for i := range followers {
		f := &followers[i]
		f.g = truncate(f.g, highest, -b.rank)
	}
	slices.SortFunc(followers, func(x, y follower) int { return cmp.Compare(y.g, x.g) })
	if len(followers) > u.most {
		u.lost = min(u.lost, -followers[u.most].g)
		followers = followers[:u.most]
	}
	for _, f := range followers {
		var next *branch
		if f.rest {
			next = b.repeat()
		} else {
			next = b.follow(f.choice, d)
			next.node = distinct{logProb: f.logProb, path: path}
		}
		next.rank = -f.g
		heap.Push(&u.open, next)
	}
	u.prune()
}

// A follower is a token that may follow a branch, or the rest of them, with its share of
// the branch's G.
type follower struct {
	choice
	logProb float64
	g       float64
	rest    bool
}

// prune gives up the branches that are too many to have a part in the draw.
func (u *uniqueDrawer) prune() {
	if len(u.open) <= 2*u.most {
		return
	}
	slices.SortFunc(u.open, func(x, y *branch) int { return cmp.Compare(x.rank, y.rank) }) // is a heap too
	u.lost = min(u.lost, u.open[u.most].rank)
	clear(u.open[u.most:])
	u.open = u.open[:u.most]
}

// hashPath returns the hash of a path of tokens that goes on with token (splitmix64).
func hashPath(path uint64, token int) uint64 {
	x := path + uint64(token+1)*0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// truncate moves g, one of some Gumbel variables of which highest is the highest, so
// that the highest becomes limit: Kool et al., appendix B.3.
func truncate(g, highest, limit float64) float64 {
	v := limit - g + logOneMinusExp(g-highest)
	return limit - max(0, v) - math.Log1p(math.Exp(-math.Abs(v)))
}

// logOneMinusExp is log(1 - exp(x)) for x <= 0 (Mächler 2012).
func logOneMinusExp(x float64) float64 {
	if x > -math.Ln2 {
		return math.Log(-math.Expm1(x))
	}
	return math.Log1p(-math.Exp(x))
}

// next holds back branches that can no longer be among the samples asked for.
func (u *uniqueDrawer) next(batch int) *branch {
	useful := max(1, min(u.columns, u.left-len(u.waiting)))
	if u.left == 0 || batch >= useful || len(u.open) == 0 || u.open[0].rank >= u.lost {
		return nil
	}
	return heap.Pop(&u.open).(*branch)
}

func (u *uniqueDrawer) ended(b *branch) { heap.Push(&u.waiting, b) }

// samples returns the ended branches that stand above all others.
func (u *uniqueDrawer) samples(batch []*branch) []Sample {
	limit := u.lost
	for _, b := range batch {
		limit = min(limit, b.rank)
	}
	if len(u.open) > 0 {
		limit = min(limit, u.open[0].rank)
	}
	var list []Sample
	for u.left > 0 && len(u.waiting) > 0 && u.waiting[0].rank < limit {
		b := heap.Pop(&u.waiting).(*branch)
		if !u.drawn[b.text] {
			list = append(list, b.sample(len(u.drawn)))
			u.drawn[b.text] = true
			u.left--
		}
	}
	return list
}

func (*uniqueDrawer) shared(*branch) int { return 1 }
