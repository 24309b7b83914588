package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// A toy language model over texts of one or two tokens: what follows a history is given
// by a table, so that every text's probability is known.
var toy = map[string][]float64{
	"":   {0.5, 0.3, 0.197, 0.002, 0.001}, // c and the unlikely d and e end at once
	"a":  {0.9, 0.1},
	"b":  {0.4, 0.6},
	"aa": nil, "ab": nil, "ba": nil, "bb": nil, "c": nil, "d": nil, "e": nil,
}

// drawToy draws n texts without replacement, up to columns of them at a time.
func drawToy(n, columns int, seed uint64) []string {
	req := Request{Samples: n, Batch: columns, Sampling: Sampling{Temperature: 1, Seed: seed, Distinct: true}}
	u := newUniqueDrawer(&req)
	grow := func(b *branch) { u.branchOut(b, distributionOf(logitsOf(toy[b.text]...), req.Sampling)) }
	grow(&branch{history: &Sequence{tokens: []int{0}, pages: []*page{nil}}})
	var texts []string
	for {
		var batch []*branch
		for b := u.next(0); b != nil; b = u.next(len(batch)) {
			if !b.again {
				b.text += string(rune('a' + b.next.token))
			}
			if toy[b.text] == nil {
				u.ended(b)
			} else {
				batch = append(batch, b)
			}
		}
		for _, s := range u.samples(batch) {
			texts = append(texts, s.Text)
		}
		if len(batch) == 0 {
			return texts
		}
		for _, b := range batch {
			grow(b)
		}
	}
}

// The first two texts of a draw without replacement have the probability
// p(x) p(y) / (1 - p(x)), whatever the batch.
func TestDistinctFollowsTheDistribution(t *testing.T) {
	p := map[string]float64{"aa": 0.45, "ab": 0.05, "ba": 0.12, "bb": 0.18, "c": 0.197, "d": 0.002, "e": 0.001}
	const draws = 20_000
	for _, columns := range []int{1, 3} {
		counts := map[string]int{}
		for seed := range uint64(draws) {
			texts := drawToy(2, columns, seed)
			if len(texts) != 2 || texts[0] == texts[1] {
				t.Fatalf("seed %d: drew %q", seed, texts)
			}
			counts[texts[0]+" "+texts[1]]++
		}
		for x, px := range p {
			for y, py := range p {
				if x == y {
					continue
				}
				want := px * py / (1 - px)
				got := float64(counts[x+" "+y]) / draws
				// The rarest pairs come once or not at all: two draws more are no news.
				if sigma := math.Sqrt(want * (1 - want) / draws); math.Abs(got-want) > 4.5*sigma+2.0/draws {
					t.Errorf("%d columns: %s then %s came with frequency %.4f, want %.4f ± %.4f", columns, x, y, got, want, sigma)
				}
			}
		}
	}
}

func TestDistinctDoesNotDependOnTheBatch(t *testing.T) {
	for seed := range uint64(300) {
		want := fmt.Sprint(drawToy(6, 1, seed))
		for _, columns := range []int{2, 3, 8} {
			if got := fmt.Sprint(drawToy(6, columns, seed)); got != want {
				t.Fatalf("seed %d: %d columns draw %s, one draws %s", seed, columns, got, want)
			}
		}
	}
}

func TestDistinctEndsWhenNothingIsLeft(t *testing.T) {
	if texts := drawToy(50, 16, 1); len(texts) != 7 {
		t.Errorf("drew %q, want each of the 7 texts once", texts)
	}
}

// Texts that Stop makes alike are one text with the sum of their probabilities.
func TestDistinctCountsEqualTextsOnce(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 1)
	req := Request{
		Prompt: "x", Samples: 20, Batch: 8, MaxTokens: 6,
		Sampling: Sampling{Temperature: 1, TopK: 6, Distinct: true},
		Stop:     func(text string) (int, bool) { return 1, len(text) >= 2 },
	}
	seen := map[string]bool{}
	_, err := m.Sample(t.Context(), req, func(s Sample) bool {
		if seen[s.Text] {
			t.Errorf("%q was drawn twice", s.Text)
		}
		if s.Index != len(seen) {
			t.Errorf("sample %d came as number %d", s.Index, len(seen))
		}
		seen[s.Text] = true
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) == 0 || len(seen) > 8 { // six first tokens, and pieces of characters
		t.Errorf("drew %d texts", len(seen))
	}
}

// With a model behind it, where the rest of a distribution costs a second run.
func TestDistinctSamplesDoNotDependOnTheBatch(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	req := Request{Prompt: "x", Samples: 24, Batch: 24, MaxTokens: 5, Sampling: Sampling{Temperature: 0.4, Seed: 3, Distinct: true}}
	want, stats := collect(t, m, req)
	if n := distinctTexts(want); n != req.Samples {
		t.Fatalf("%d distinct texts of %d", n, req.Samples)
	}
	t.Logf("%d columns for %d tokens", stats.Computed, stats.Tokens)
	for _, batch := range []int{1, 5} {
		req.Batch = batch
		if got, _ := collect(t, m, req); !slices.Equal(got, want) {
			t.Errorf("batch %d: got %+v, want %+v", batch, got, want)
		}
	}
}
