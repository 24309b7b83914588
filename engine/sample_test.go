package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"greenfill/engine/modeltest"
)

// collect returns the samples of a request by their index.
func collect(t testing.TB, m *Model, req Request) ([]Sample, Stats) {
	t.Helper()
	samples := make([]Sample, req.Samples)
	seen := 0
	stats, err := m.Sample(t.Context(), req, func(s Sample) bool {
		samples[s.Index] = s
		seen++
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen != req.Samples && !req.Sampling.Distinct {
		t.Fatalf("%d samples came, want %d", seen, req.Samples)
	}
	return samples, stats
}

// A sample is the same alone and among many, with one thread and with two, in batches of
// any size, with a fresh prompt and with a cached one: text and log-probability, bit for bit.
func testDeterminism(t *testing.T, path, prompt string, temperature float64, samples, tokens int) {
	request := func(n, batch int) Request {
		return Request{Prompt: prompt, Samples: n, Batch: batch, MaxTokens: tokens,
			Sampling: Sampling{Temperature: temperature, Seed: 42}}
	}
	one, two := openModel(t, path, Options{Threads: 1}), openModel(t, path, Options{Threads: 2})
	want, stats := collect(t, two, request(samples, samples))
	if distinct := distinctTexts(want); distinct < samples/2 {
		t.Fatalf("only %d of %d samples differ: the test would prove little", distinct, samples)
	}
	if stats.Computed >= stats.Tokens {
		t.Errorf("%d columns for %d tokens: nothing was shared", stats.Computed, stats.Tokens)
	}
	for _, run := range []struct {
		name  string
		model *Model
		req   Request
	}{
		{"one thread", one, request(samples, samples)},
		{"a small batch", two, request(samples, 3)},
		{"alone", one, request(1, 1)},
		{"alone, again", two, request(1, 1)},
	} {
		got, _ := collect(t, run.model, run.req)
		if !slices.Equal(got, want[:len(got)]) {
			t.Errorf("%s: got %+v, want %+v", run.name, got, want[:len(got)])
		}
	}
}

func distinctTexts(samples []Sample) int {
	texts := map[string]bool{}
	for _, s := range samples {
		texts[s.Text] = true
	}
	return len(texts)
}

func TestDeterminismTiny(t *testing.T) {
	for _, arch := range []string{"qwen2", "llama"} {
		testDeterminism(t, tiny{architecture: arch}.write(t), strings.Repeat("one prompt for many samples. ", 3), 1.5, 32, 24)
	}
}

func TestDeterminismSmolLM2(t *testing.T) {
	if slowKernel() {
		t.Log("the portable kernel is slow: GREENFILL_FULL=1 has it run too")
		return
	}
	testDeterminism(t, modeltest.Path(t, smolLM2), "def add(a, b):\n    \"\"\"Return the sum.\"\"\"\n", 1, 32, 8)
}

// What a prompt gives does not depend on the pieces it is run in, nor on what was cached.
func TestPromptPiecesDoNotMatter(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	tokens := m.Tokenizer().Encode(strings.Repeat("a prompt that is longer than a page. ", 8), true)
	want, err := m.NewSequence().Extend(t.Context(), tokens)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 7, 64, 100} {
		s := m.NewSequence()
		var got []float32
		for piece := range slices.Chunk(tokens, size) {
			if got, err = s.Extend(t.Context(), piece); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("pieces of %d: other logits", size)
		}
	}
	// Another end, and back.
	s := m.NewSequence()
	if _, err := s.Extend(t.Context(), append(slices.Clone(tokens[:70]), 1, 2, 3, 4)); err != nil {
		t.Fatal(err)
	}
	fork := s.Fork()
	fork.Truncate(70)
	got, err := fork.Extend(t.Context(), tokens[70:])
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("after an edit: other logits, error %v", err)
	}
}

// A step of many sequences gives what each gives alone; forks do not disturb each other.
func TestStepOfForks(t *testing.T) {
	m := openTiny(t, tiny{architecture: "llama", tied: true}, 2)
	root := m.NewSequence()
	if _, err := root.Extend(t.Context(), m.Tokenizer().Encode(strings.Repeat("root ", 13), true)); err != nil {
		t.Fatal(err)
	}
	forks := make([]*Sequence, 5)
	tokens := make([]int, len(forks))
	for i := range forks {
		forks[i], tokens[i] = root.Fork(), 'a'+i
	}
	for range 3 {
		got, err := m.Step(t.Context(), forks, tokens)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range forks {
			want, err := m.NewSequence().Extend(t.Context(), f.Tokens())
			if err != nil || !slices.Equal(got[i], want) {
				t.Fatalf("fork %d: other logits than alone, error %v", i, err)
			}
		}
	}
	if root.Len() != 65 {
		t.Errorf("the root has %d tokens", root.Len())
	}
}

func TestPromptCacheRunsOnlyWhatDiffers(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	for _, step := range []struct {
		prompt string
		cached int
	}{
		{"the first prompt", 0},
		{"the first prompt", 15}, // the last token is run for its logits
		{"the first prompt and more", 16},
		{"the first edit", 10},
		{"another", 0},
	} {
		_, stats := collect(t, m, Request{Prompt: step.prompt, Samples: 1, MaxTokens: 2})
		if stats.CachedTokens != step.cached || stats.PromptTokens != len(step.prompt) {
			t.Errorf("%q: %d of %d tokens cached, want %d of %d", step.prompt, stats.CachedTokens, stats.PromptTokens, step.cached, len(step.prompt))
		}
	}
}

func TestEndsOfSamples(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 2)
	hot := Sampling{Temperature: 3, Seed: 9}
	t.Run("max tokens", func(t *testing.T) {
		samples, _ := collect(t, m, Request{Prompt: "x", Samples: 20, MaxTokens: 5, Sampling: hot})
		for _, s := range samples {
			if s.Reason != StopEnd && (s.Reason != StopLength || s.Tokens != 5) {
				t.Errorf("%+v", s)
			}
			if n := len(s.Text); !utf8.ValidString(s.Text) && utf8.RuneStart(s.Text[n-1]) && s.Text[n-1] >= utf8.RuneSelf && utf8.ValidString(s.Text[:n-1]) {
				t.Errorf("%q ends within a character", s.Text)
			}
		}
	})
	t.Run("end of turn", func(t *testing.T) {
		samples, _ := collect(t, m, Request{Prompt: "x", Samples: 30, MaxTokens: 100, Sampling: hot})
		ended := 0
		for _, s := range samples {
			if strings.Contains(s.Text, "<|im_end|>") {
				t.Errorf("%q holds the end token", s.Text)
			}
			if s.Reason == StopEnd {
				ended++
			}
		}
		if ended == 0 {
			t.Error("no sample met the end token")
		}
	})
	t.Run("the caller", func(t *testing.T) {
		stop := func(text string) (int, bool) { return 3, len(text) >= 4 }
		samples, _ := collect(t, m, Request{Prompt: "x", Samples: 10, MaxTokens: 50, Sampling: hot, Stop: stop})
		for _, s := range samples {
			if s.Reason == StopCaller && len(s.Text) != 3 || s.Reason == StopLength {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("context full", func(t *testing.T) {
		prompt := strings.Repeat("x", tinyContext-10)
		samples, _ := collect(t, m, Request{Prompt: prompt, Samples: 3, MaxTokens: 50, Sampling: Sampling{Temperature: 1}})
		for _, s := range samples {
			if s.Reason != StopEnd && (s.Reason != StopLength || s.Tokens != 11) {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("yield has enough", func(t *testing.T) {
		seen := 0
		_, err := m.Sample(t.Context(), Request{Prompt: "x", Samples: 50, MaxTokens: 20, Sampling: hot}, func(Sample) bool {
			seen++
			return seen < 3
		})
		if err != nil || seen != 3 {
			t.Errorf("%d samples, error %v", seen, err)
		}
	})
}

func TestRefusedRequests(t *testing.T) {
	m := openTiny(t, tiny{architecture: "qwen2"}, 1)
	for _, test := range []struct {
		req  Request
		want string
	}{
		{Request{Samples: 1}, "prompt is empty"},
		{Request{Prompt: strings.Repeat("x", tinyContext+1), Samples: 1}, "513 tokens are more than the context of 512"},
		{Request{Prompt: "x", Samples: -1}, "negative"},
		{Request{Prompt: "x", Samples: 1, Sampling: Sampling{Temperature: -1}}, "temperature of -1"},
		{Request{Prompt: "x", Samples: 1, Sampling: Sampling{TopP: 2}}, "from 0 to 1"},
	} {
		_, err := m.Sample(t.Context(), test.req, func(Sample) bool { return true })
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.20q: error %v, want one with %q", test.req.Prompt, err, test.want)
		}
	}
	if _, stats := collect(t, m, Request{Prompt: "x"}); stats.Tokens != 0 {
		t.Errorf("no samples asked for, but %d tokens drawn", stats.Tokens)
	}
	s := m.NewSequence()
	for _, test := range []struct {
		sequences []*Sequence
		tokens    []int
	}{
		{[]*Sequence{s}, []int{tinyTokens}},
		{[]*Sequence{s}, []int{-1}},
		{[]*Sequence{s}, nil},
		{[]*Sequence{s, s}, []int{1, 2}},
		{[]*Sequence{openTiny(t, tiny{architecture: "llama"}, 1).NewSequence()}, []int{1}},
	} {
		if _, err := m.Step(t.Context(), test.sequences, test.tokens); err == nil {
			t.Errorf("a step of %d sequences by %d was taken", len(test.sequences), test.tokens)
		}
	}
	if _, err := s.Extend(t.Context(), nil); err == nil || s.Len() != 0 {
		t.Errorf("no tokens: error %v, %d tokens after", err, s.Len())
	}
}

func TestClosedModel(t *testing.T) {
	m, err := Open(t.Context(), tiny{architecture: "llama"}.write(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := m.NewSequence()
	for range 2 {
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Extend(t.Context(), []int{1}); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
}

// A cancel takes effect within 100 ms, in the prompt and in sampling; who waits for the
// model may leave too.
func TestCancel(t *testing.T) {
	m := openModel(t, modeltest.Path(t, smolLM2), Options{})
	prompt := strings.Repeat("The quick brown fox jumps over the lazy dog. ", 150)
	req := Request{Prompt: prompt, Samples: 16, MaxTokens: 2000, Sampling: Sampling{Temperature: 1}}
	for _, stage := range []string{"prompt", "sampling"} {
		ctx, cancel := context.WithCancel(t.Context())
		var cancelled time.Time
		req := req
		if stage == "prompt" {
			time.AfterFunc(30*time.Millisecond, func() { cancelled = time.Now(); cancel() })
		} else {
			req.Prompt = "short"
			req.Started = func(int) {
				time.AfterFunc(30*time.Millisecond, func() { cancelled = time.Now(); cancel() })
			}
		}
		_, err := m.Sample(ctx, req, func(Sample) bool { return true })
		if late := time.Since(cancelled); !errors.Is(err, context.Canceled) || late > 100*time.Millisecond {
			t.Errorf("%s: ended %v after the cancel with error %v", stage, late, err)
		}
	}
	waiting, cancel := context.WithCancel(t.Context())
	_, err := m.Sample(t.Context(), Request{Prompt: "x", Samples: 1, MaxTokens: 3}, func(Sample) bool {
		cancel()
		_, err := m.Sample(waiting, req, func(Sample) bool { return true })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("waiting: error %v", err)
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
}

func ExampleModel_Sample() {
	var m *Model // of Open
	req := Request{Prompt: "def add(a, b):", Samples: 16, Sampling: Sampling{Temperature: 0.8}}
	_, err := m.Sample(context.Background(), req, func(s Sample) bool {
		fmt.Println(s.Text)
		return true
	})
	if err != nil {
		fmt.Println(err)
	}
}
