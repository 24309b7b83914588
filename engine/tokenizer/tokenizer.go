// Package tokenizer turns text into token ids and back: byte-level BPE (byte pair
// encoding) as GPT-2 introduced it, with the word rules of Qwen2 and SmolLM.
//
// Call [Load] on a model's metadata first, then [Tokenizer.Encode]. Text that arrives
// token by token comes back through [Tokenizer.NewStream].
//
// # How text becomes ids
//
//  1. The names of special tokens ("<|im_start|>") cut the text into fragments.
//  2. Bytes that are not UTF-8 become U+FFFD.
//  3. A word rule, written as a regular expression by the model's makers and as a
//     scanner here, cuts each fragment into words. Merges never cross words.
//  4. Each byte of a word is a token; then, again and again, the neighbouring pair that
//     stands first in the list of merges becomes one token.
//
// # Promises
//
// Any bytes may go in. Decode(Encode(s, true)) is s for all valid UTF-8 whose bytes
// have tokens; SmolLM2 has none for six control characters and for the lead bytes of
// code points from U+40000 to U+BFFFF, and they vanish. Time grows as n log n at worst.
//
// The ids are those of llama.cpp, broken UTF-8 included: see testdata. One difference is
// meant: it takes "</s>" for a control token in any model, and so makes one token of the
// three that Qwen was trained with.
package tokenizer

import (
	"fmt"
	"strings"
)

// None stands for a special token that the vocabulary does not have.
const None = -1

// A Vocabulary is what a Tokenizer is made of.
type Vocabulary struct {
	Pre    string   // the word rule: "qwen2" or "smollm"
	Tokens []string // by id; normal tokens in GPT-2's spelling of bytes
	Types  []int64  // by id, in GGUF's numbers; nil means that all are normal
	Merges []string // "left right", the most important first

	BOS, EOS, EOT int  // begin of text, end of text, end of turn; or None
	AddBOS        bool // the model expects BOS before every text
}

// Token types, with GGUF's numbers.
const (
	typeNormal      = 1
	typeUnknown     = 2
	typeControl     = 3
	typeUserDefined = 4
)

// A Tokenizer is immutable and safe for many goroutines at once.
type Tokenizer struct {
	split    func(string) int // the length of the first word
	pieces   []string         // by id: the bytes that a token stands for
	byteIDs  [256]int32       // None where the vocabulary lacks the byte
	merges   map[pair]merge
	specials specials
	ends     map[int]bool
	bos      int
	eos      int
	eot      int
	addBOS   bool
}

// New makes a Tokenizer, or says what is wrong with the vocabulary.
func New(v Vocabulary) (*Tokenizer, error) {
	split, ok := splitters[v.Pre]
	if !ok {
		return nil, fmt.Errorf("vocabulary: its word rule is %q, but only %s are supported; use another model", v.Pre, knownSplitters())
	}
	if v.Types != nil && len(v.Types) != len(v.Tokens) {
		return nil, fmt.Errorf("vocabulary: %d tokens, but %d token types", len(v.Tokens), len(v.Types))
	}
	for _, id := range []int{v.BOS, v.EOS, v.EOT} {
		if id < None || id >= len(v.Tokens) {
			return nil, fmt.Errorf("vocabulary: special token %d does not exist: there are %d tokens", id, len(v.Tokens))
		}
	}
	t := &Tokenizer{split: split, bos: v.BOS, eos: v.EOS, eot: v.EOT, addBOS: v.AddBOS}
	ids, err := t.addTokens(v)
	if err != nil {
		return nil, err
	}
	if err := t.addMerges(v.Merges, ids); err != nil {
		return nil, err
	}
	t.addEnds()
	return t, nil
}

// addTokens fills pieces, byteIDs and specials, and returns the ids of normal tokens by
// their bytes.
func (t *Tokenizer) addTokens(v Vocabulary) (map[string]int32, error) {
	t.pieces = make([]string, len(v.Tokens))
	ids := make(map[string]int32, len(v.Tokens))
	total := 0
	for _, token := range v.Tokens {
		total += len(token)
	}
	var buf strings.Builder
	buf.Grow(total) // one allocation for all pieces
	for id, token := range v.Tokens {
		if typ := v.typeOf(id); typ != typeNormal || controlByName[token] {
			t.pieces[id] = token
			t.specials.add(token, id, typ)
			continue
		}
		start := buf.Len()
		if !unspell(&buf, token) {
			return nil, fmt.Errorf("vocabulary: token %d (%q) is not in GPT-2's spelling of bytes", id, token)
		}
		piece := buf.String()[start:]
		if first, twice := ids[piece]; twice || piece == "" {
			return nil, fmt.Errorf("vocabulary: token %d (%q) is empty or the same as token %d", id, token, first)
		}
		t.pieces[id] = piece
		ids[piece] = int32(id)
	}
	t.specials.sort()
	for b := range t.byteIDs {
		t.byteIDs[b] = None
		if id, ok := ids[string([]byte{byte(b)})]; ok {
			t.byteIDs[b] = id
		}
	}
	return ids, nil
}

func (v Vocabulary) typeOf(id int) int64 {
	if v.Types == nil {
		return typeNormal
	}
	return v.Types[id]
}

// addMerges fills merges from lines of the form "left right".
func (t *Tokenizer) addMerges(lines []string, ids map[string]int32) error {
	t.merges = make(map[pair]merge, len(lines))
	var buf strings.Builder
	for rank, line := range lines {
		left, right, ok := strings.Cut(line, " ")
		buf.Reset()
		if !ok || !unspell(&buf, left) {
			return fmt.Errorf("vocabulary: merge %d (%q) is not two tokens", rank, line)
		}
		n := buf.Len()
		if !unspell(&buf, right) {
			return fmt.Errorf("vocabulary: merge %d (%q) is not two tokens", rank, line)
		}
		both := buf.String()
		l, okLeft := ids[both[:n]]
		r, okRight := ids[both[n:]]
		id, okBoth := ids[both]
		if !okLeft || !okRight || !okBoth {
			return fmt.Errorf("vocabulary: merge %d (%q) needs a token that does not exist", rank, line)
		}
		if _, twice := t.merges[pair{l, r}]; !twice {
			t.merges[pair{l, r}] = merge{rank: int32(rank), id: id}
		}
	}
	return nil
}

// Len is the number of tokens; ids go from 0 to Len()-1.
func (t *Tokenizer) Len() int { return len(t.pieces) }

// BOS is the begin-of-text token, or None.
func (t *Tokenizer) BOS() int { return t.bos }

// EOS is the token with which the model ends its answer, or None.
func (t *Tokenizer) EOS() int { return t.eos }

// EOT is the end-of-turn token, or None.
func (t *Tokenizer) EOT() int { return t.eot }

// AddBOS reports whether the model expects BOS before every text. Encode leaves that to
// the caller.
func (t *Tokenizer) AddBOS() bool { return t.addBOS }

// IsEnd reports whether the model has nothing more to say after this token.
func (t *Tokenizer) IsEnd(id int) bool { return t.ends[id] }

// Special returns the id of the special token of that name, or None.
func (t *Tokenizer) Special(name string) int { return t.specials.find(name) }
