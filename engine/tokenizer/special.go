package tokenizer

import (
	"cmp"
	"slices"
	"strings"
)

// specials finds special tokens by their names in a text.
type specials struct {
	all   []special
	first [256][]special // by first byte, the longest name first
}

type special struct {
	name string
	id   int
	// control tokens are found only when the caller asks for them; user-defined ones
	// are a part of the text's own vocabulary and always found.
	control bool
	found   bool // unused and padding tokens are never found
}

func (s *specials) add(name string, id int, typ int64) {
	t := special{name: name, id: id}
	switch {
	case name == "":
	case typ == typeControl, typ == typeUnknown, controlByName[name]:
		t.control, t.found = true, true
	case typ == typeUserDefined:
		t.found = true
	}
	s.all = append(s.all, t)
}

// sort prepares for next.
func (s *specials) sort() {
	longest := slices.Clone(s.all)
	slices.SortStableFunc(longest, func(a, b special) int { return cmp.Compare(len(b.name), len(a.name)) })
	for _, t := range longest {
		if t.found {
			s.first[t.name[0]] = append(s.first[t.name[0]], t)
		}
	}
}

// find returns the id of the token of that name, or None.
func (s *specials) find(name string) int {
	for _, t := range s.all {
		if t.name == name {
			return t.id
		}
	}
	return None
}

// next finds the first special token in text, the longest if several begin there. It
// returns its place and its id, or len(text) and None.
func (s *specials) next(text string, control bool) (at, id int) {
	for at := range len(text) {
		for _, t := range s.first[text[at]] {
			if (control || !t.control) && strings.HasPrefix(text[at:], t.name) {
				return at, t.id
			}
		}
	}
	return len(text), None
}

// endNames are the names of tokens after which a model has nothing more to say; which
// of them a model has, its file does not always tell. The list is a part of
// llama.cpp's, for models that this package can load; its "</s>" is left out, which is
// an ordinary word of Qwen's vocabulary. The first that exists is the end-of-turn token,
// if the file names none.
var endNames = []string{
	"<|im_end|>", "<|eot_id|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "<|end_of_text|>", "<EOT>",
	"<|eom_id|>",
	// After these a code model goes on with another file.
	"<|fim_pad|>", "<fim_pad>", "<|repo_name|>", "<reponame>", "<|file_sep|>",
}

// turnEnds is how many of endNames may be the end-of-turn token.
const turnEnds = 7

// controlByName marks tokens that are control tokens whatever type the file gives them.
var controlByName = func() map[string]bool {
	m := map[string]bool{"<|fim_prefix|>": true, "<|fim_suffix|>": true, "<|fim_middle|>": true,
		"<fim_prefix>": true, "<fim_suffix>": true, "<fim_middle>": true}
	for _, name := range endNames {
		m[name] = true
	}
	return m
}()

// addEnds fills ends, and eot if the vocabulary did not say it.
func (t *Tokenizer) addEnds() {
	t.ends = map[int]bool{}
	for i, name := range endNames {
		id := t.specials.find(name)
		if id == None {
			continue
		}
		t.ends[id] = true
		if t.eot == None && i < turnEnds {
			t.eot = id
		}
	}
	for _, id := range []int{t.eos, t.eot} {
		if id != None {
			t.ends[id] = true
		}
	}
}
