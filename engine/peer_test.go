package engine

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"greenfill/engine/kernel"
	"greenfill/engine/modeltest"
)

// kernelVariable forces a kernel path.
const kernelVariable = "GREENFILL_KERNEL"

// peerAnswers is what llama.cpp said about the same file: testdata/peer.py wrote it.
type peerAnswers struct {
	Chunks []struct {
		Tokens    []int
		First     int        // the position of the first of Positions
		Positions []peerStep // what follows each token from First on
	}
	Greedy []struct {
		Prompt string
		Tokens []int // of the prompt
		Steps  []peerStep
	}
}

// peerStep is the likeliest tokens, the first first, with their log-probabilities.
type peerStep struct {
	IDs      []int
	LogProbs []float64
}

// What llama.cpp and the engine may differ by. Both round activations to 8 bits, in
// different groups, so neither is the truth: by the float32 reference's measure they are
// about as far from it as from each other.
var peerBounds = map[string]struct {
	file        string
	meanKL      float64 // over positions
	agree       float64 // share of positions with the same likeliest token
	greedyDelta float64 // where the peer's two likeliest are closer, texts may part
}{
	"SmolLM2-135M-Instruct":       {smolLM2, 0.01, 0.92, 0.3},
	"Qwen2.5-Coder-0.5B-Instruct": {qwen0_5B, 0.005, 0.92, 0.3},
	"Qwen2.5-Coder-1.5B-Instruct": {qwen1_5B, 0.005, 0.92, 0.3},
}

func TestPeer(t *testing.T) {
	for name, bounds := range peerBounds {
		t.Run(name, func(t *testing.T) {
			path := modeltest.Path(t, bounds.file)
			if slowKernel() {
				t.Log("the portable kernel is slow: GREENFILL_FULL=1 has it compared too")
				return
			}
			var peer peerAnswers
			data, err := os.ReadFile(filepath.Join("testdata", "peer", name+".json"))
			if err == nil {
				err = json.Unmarshal(data, &peer)
			}
			if err != nil {
				t.Fatal(err)
			}
			if os.Getenv(kernelVariable) != "" && !full() {
				peer.shorten() // TestEveryKernelPath runs this once for every path
			}
			m := openModel(t, path, Options{Context: 512})
			comparePeerLogits(t, m, &peer, bounds.meanKL, bounds.agree)
			comparePeerGreedy(t, m, &peer, bounds.greedyDelta)
		})
	}
}

// shorten leaves a third of the answers.
func (p *peerAnswers) shorten() {
	p.Chunks = p.Chunks[:1]
	for i := range p.Greedy {
		p.Greedy[i].Steps = p.Greedy[i].Steps[:16]
	}
}

func comparePeerLogits(t *testing.T, m *Model, peer *peerAnswers, meanKL, agree float64) {
	var total, worst float64
	var count, same int
	for _, chunk := range peer.Chunks {
		last := chunk.First + len(chunk.Positions)
		err := m.NewSequence().ExtendAll(t.Context(), chunk.Tokens[:last], chunk.First, func(i int, logits []float32) {
			step := chunk.Positions[i-chunk.First]
			ours := logProbs(logits)
			kl := partialDivergence(step, ours)
			total, worst, count = total+kl, max(worst, kl), count+1
			if likeliest(ours) == step.IDs[0] {
				same++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	mean, agreed := total/float64(count), float64(same)/float64(count)
	t.Logf("kernel %s, %d positions: KL mean %.4f, max %.3f; the likeliest token agrees at %.1f %%", kernel.Name(), count, mean, worst, 100*agreed)
	if mean > meanKL || agreed < agree {
		t.Errorf("mean KL %.4f, agreement %.3f; bounds %g and %g", mean, agreed, meanKL, agree)
	}
}

// partialDivergence is KL(peer||ours) over the tokens that the peer's answer names and
// one more that stands for all others: a lower bound, close when those are unlikely.
func partialDivergence(step peerStep, ours []float64) float64 {
	restPeer, restOurs, sum := 1.0, 1.0, 0.0
	for k, id := range step.IDs {
		p := math.Exp(step.LogProbs[k])
		sum += p * (step.LogProbs[k] - ours[id])
		restPeer -= p
		restOurs -= math.Exp(ours[id])
	}
	if restPeer > 1e-6 && restOurs > 0 {
		sum += restPeer * math.Log(restPeer/restOurs)
	}
	return sum
}

// comparePeerGreedy takes the likeliest token again and again: it must be the peer's as
// long as the peer itself is sure by more than delta.
func comparePeerGreedy(t *testing.T, m *Model, peer *peerAnswers, delta float64) {
	for _, text := range peer.Greedy {
		tokens := m.Tokenizer().Encode(text.Prompt, true)
		if !slices.Equal(tokens, text.Tokens) {
			t.Errorf("%.30q: tokens %v, peer has %v", text.Prompt, tokens, text.Tokens)
			continue
		}
		s := m.NewSequence()
		logits, err := s.Extend(t.Context(), tokens)
		equal := 0
		for ; equal < len(text.Steps) && err == nil; equal++ {
			step := text.Steps[equal]
			ours := likeliest(logProbs(logits))
			if ours != step.IDs[0] {
				// Of a token that ends within a character the peer tells no second.
				if len(step.IDs) > 1 && step.LogProbs[0]-step.LogProbs[1] > delta {
					t.Errorf("%.30q: token %d is %d, the peer's %d by a margin of %.2f", text.Prompt, equal, ours, step.IDs[0], step.LogProbs[0]-step.LogProbs[1])
				}
				break
			}
			logits, err = s.Extend(t.Context(), []int{ours})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%.30q: %d of %d greedy tokens equal", text.Prompt, equal, len(text.Steps))
	}
}

func likeliest(logProbs []float64) int {
	best := 0
	for i, v := range logProbs {
		if v > logProbs[best] {
			best = i
		}
	}
	return best
}

// The comparisons run on every kernel path of the machine: this process has one, so the
// others get a process of their own.
func TestEveryKernelPath(t *testing.T) {
	if os.Getenv(kernelVariable) != "" {
		t.Logf("only %s was asked for", kernel.Name())
		return
	}
	t.Logf("paths here: %v; %s has run", kernel.Paths(), kernel.Name())
	for _, path := range kernel.Paths() {
		if path == kernel.Name() {
			continue
		}
		t.Run(path, func(t *testing.T) {
			arguments := []string{"-test.run=^(TestReference|TestPeer|TestDeterminism|TestPromptPieces)", "-test.v"}
			if testing.Short() {
				arguments = append(arguments, "-test.short")
			}
			c := exec.CommandContext(t.Context(), os.Args[0], arguments...)
			c.Env = append(os.Environ(), kernelVariable+"="+path)
			out, err := c.CombinedOutput()
			t.Logf("%s", out)
			if err != nil {
				t.Error(err)
			}
		})
	}
}
