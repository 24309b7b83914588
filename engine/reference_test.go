package engine

// The judge of the forward pass: the same formulas in plain float32, one position and
// one weight row at a time, from the dequantised file. It shares nothing with the engine
// but the reading of the file and of its blocks.

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"

	"greenfill/engine/gguf"
	"greenfill/engine/kernel"
	"greenfill/engine/modeltest"
)

// reference computes one text's logits at every position.
type reference struct {
	t    testing.TB
	file *gguf.File
	c    config
}

// logits returns [len(tokens)][vocabulary].
func (r *reference) logits(tokens []int) [][]float32 {
	c := &r.c
	embedding := r.rows("token_embd.weight")
	x := make([][]float32, len(tokens)) // [position][width]
	for i, token := range tokens {
		x[i] = embedding(token)
	}
	for l := range c.layers {
		block := fmt.Sprintf("blk.%d.", l)
		// Attention.
		norm := r.rmsNorm(x, block+"attn_norm.weight")
		query := r.linear(norm, block+"attn_q")
		key := r.linear(norm, block+"attn_k")
		value := r.linear(norm, block+"attn_v")
		for i := range tokens {
			r.rotate(query[i], i)
			r.rotate(key[i], i)
		}
		mixed := make([][]float32, len(tokens))
		for i := range tokens {
			mixed[i] = r.attend(query[i], key[:i+1], value[:i+1])
		}
		addTo(x, r.linear(mixed, block+"attn_output"))
		// Feed-forward.
		norm = r.rmsNorm(x, block+"ffn_norm.weight")
		gate, up := r.linear(norm, block+"ffn_gate"), r.linear(norm, block+"ffn_up")
		for i := range gate {
			for k, g := range gate[i] {
				gate[i][k] = g / (1 + float32(math.Exp(float64(-g)))) * up[i][k]
			}
		}
		addTo(x, r.linear(gate, block+"ffn_down"))
	}
	head := "output"
	if _, err := r.file.Tensor("output.weight"); err != nil {
		head = "token_embd"
	}
	return r.linear(r.rmsNorm(x, "output_norm.weight"), head)
}

// rows returns a function that dequantises one row of a tensor.
func (r *reference) rows(name string) func(int) []float32 {
	tensor, err := r.file.Tensor(name)
	if err != nil {
		r.t.Fatal(err)
	}
	count := 1
	for _, n := range tensor.Shape[1:] {
		count *= n
	}
	size := len(tensor.Data) / count
	return func(i int) []float32 {
		row := make([]float32, tensor.Shape[0])
		if err := kernel.Dequantize(kernel.Type(tensor.Type), tensor.Data[i*size:(i+1)*size], row); err != nil {
			panic(err)
		}
		return row
	}
}

func (r *reference) rmsNorm(x [][]float32, name string) [][]float32 {
	weight := r.rows(name)(0)
	out := make([][]float32, len(x))
	for i := range x {
		sum := 0.0
		for _, v := range x[i] {
			sum += float64(v) * float64(v)
		}
		scale := float32(1 / math.Sqrt(sum/float64(len(x[i]))+float64(r.c.epsilon)))
		out[i] = make([]float32, len(x[i]))
		for k, v := range x[i] {
			out[i][k] = v * scale * weight[k]
		}
	}
	return out
}

// linear is W x + b, where b may be missing.
func (r *reference) linear(x [][]float32, name string) [][]float32 {
	weight := r.rows(name + ".weight")
	tensor, _ := r.file.Tensor(name + ".weight")
	count := tensor.Shape[1]
	bias := make([]float32, count)
	if _, err := r.file.Tensor(name + ".bias"); err == nil {
		bias = r.rows(name + ".bias")(0)
	}
	out := make([][]float32, len(x))
	for i := range out {
		out[i] = make([]float32, count)
	}
	var group sync.WaitGroup
	threads := runtime.GOMAXPROCS(0)
	for t := range threads {
		group.Go(func() {
			for j := t; j < count; j += threads {
				row := weight(j)
				for i := range x {
					sum := bias[j]
					for k, w := range row {
						sum += w * x[i][k]
					}
					out[i][j] = sum
				}
			}
		})
	}
	group.Wait()
	return out
}

// rotate turns each head of one position's vector.
func (r *reference) rotate(x []float32, position int) {
	dim := r.c.headDim
	for head := range slices.Chunk(x, dim) {
		for i := range dim / 2 {
			angle := float64(position) * math.Pow(r.c.ropeBase, -2*float64(i)/float64(dim))
			a, b := 2*i, 2*i+1
			if r.c.architecture == "qwen2" {
				a, b = i, i+dim/2
			}
			cos, sin := float32(math.Cos(angle)), float32(math.Sin(angle))
			head[a], head[b] = head[a]*cos-head[b]*sin, head[a]*sin+head[b]*cos
		}
	}
}

// attend is one position's attention over the positions up to itself.
func (r *reference) attend(query []float32, keys, values [][]float32) []float32 {
	dim := r.c.headDim
	out := make([]float32, len(query))
	for h := range r.c.heads {
		shared := h / (r.c.heads / r.c.kvHeads) * dim // the head's place in keys and values
		weights := make([]float64, len(keys))
		highest, sum := math.Inf(-1), 0.0
		for i, key := range keys {
			for d := range dim {
				weights[i] += float64(query[h*dim+d]) * float64(key[shared+d])
			}
			weights[i] /= math.Sqrt(float64(dim))
			highest = max(highest, weights[i])
		}
		for i := range weights {
			weights[i] = math.Exp(weights[i] - highest)
			sum += weights[i]
		}
		for i, value := range values {
			for d := range dim {
				out[h*dim+d] += float32(weights[i]/sum) * value[shared+d]
			}
		}
	}
	return out
}

func addTo(x, more [][]float32) {
	for i := range x {
		for k := range x[i] {
			x[i][k] += more[i][k]
		}
	}
}

// The engine may differ from the reference by the rounding of activations to 8 bits and
// of keys and values to binary16, never by more than this Kullback-Leibler divergence.
const (
	referenceMeanKL = 0.01
	referenceMaxKL  = 0.05
)

func TestReferenceTiny(t *testing.T) {
	for name, m := range map[string]tiny{
		"qwen2": {architecture: "qwen2"},
		"llama": {architecture: "llama", tied: true},
	} {
		t.Run(name, func(t *testing.T) {
			compareWithReference(t, openTiny(t, m, 0), "Any text will do: the weights are random. \x00\xff 서울", 150)
		})
	}
}

func TestReferenceSmolLM2(t *testing.T) {
	m := openModel(t, modeltest.Path(t, smolLM2), Options{})
	compareWithReference(t, m, "def add(a, b):\n    return a + b\n", 12)
}

// compareWithReference runs at most most tokens of text, repeated, through both.
func compareWithReference(t *testing.T, m *Model, text string, most int) {
	t.Helper()
	tokens := m.Tokenizer().Encode(text, false)
	for len(tokens) < most && len(tokens) > 12 {
		tokens = append(tokens, tokens...)
	}
	tokens = tokens[:min(most, len(tokens))]
	r := reference{t: t, file: m.file, c: m.config}
	want := r.logits(tokens)
	var worst, total float64
	err := m.NewSequence().ExtendAll(t.Context(), tokens, 0, func(i int, logits []float32) {
		kl := divergence(logProbs(want[i]), logProbs(logits))
		worst, total = max(worst, kl), total+kl
	})
	if err != nil {
		t.Fatal(err)
	}
	mean := total / float64(len(tokens))
	t.Logf("%s, kernel %s, %d positions: KL mean %.2g, max %.2g", m.Info().Name, kernel.Name(), len(tokens), mean, worst)
	if mean > referenceMeanKL || worst > referenceMaxKL {
		t.Errorf("KL divergence from the reference: mean %.2g, max %.2g; at most %g and %g are allowed", mean, worst, referenceMeanKL, referenceMaxKL)
	}
}

// logProbs is the logarithm of softmax.
func logProbs(logits []float32) []float64 {
	highest, sum := float64(slices.Max(logits)), 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v) - highest)
	}
	out := make([]float64, len(logits))
	for i, v := range logits {
		out[i] = float64(v) - highest - math.Log(sum)
	}
	return out
}

// divergence is KL(p||q) of two log-probabilities.
func divergence(p, q []float64) float64 {
	sum := 0.0
	for i := range p {
		sum += math.Exp(p[i]) * (p[i] - q[i])
	}
	return sum
}
