package tokenizer

import "unicode/utf8"

// A pair is two neighbouring tokens.
type pair struct{ left, right int32 }

// A merge is what a pair becomes. The lower its rank, the earlier.
type merge struct{ rank, id int32 }

// Encode returns the ids of text. With parseSpecial the names of control tokens in it
// ("<|im_start|>") become those tokens; without, they are text like any other.
func (t *Tokenizer) Encode(text string, parseSpecial bool) []int {
	e := encoder{Tokenizer: t, ids: make([]int, 0, len(text)/3+1)}
	for text != "" {
		at, id := t.specials.next(text, parseSpecial)
		if at > 0 {
			e.fragment(text[:at])
		}
		if id == None {
			break
		}
		e.ids = append(e.ids, id)
		text = text[at+len(t.pieces[id]):]
	}
	return e.ids
}

// An encoder is one call's working memory.
type encoder struct {
	*Tokenizer
	ids     []int
	symbols []symbol
	queue   queue
}

// A symbol is a token in the making: a node of the list of a word's tokens.
type symbol struct {
	id         int32
	prev, next int32 // None at the ends
	merge      merge // with next; its rank is None if there is none
}

// fragment encodes text that has no special tokens.
func (e *encoder) fragment(text string) {
	if !utf8.ValidString(text) {
		text = repair(text)
	}
	for text != "" {
		n := e.split(text)
		e.word(text[:n])
		text = text[n:]
	}
}

// word merges the bytes of one word and appends what they became.
func (e *encoder) word(w string) {
	e.symbols = e.symbols[:0]
	for i := range len(w) {
		e.symbols = append(e.symbols, symbol{id: e.byteIDs[w[i]], prev: int32(i) - 1, next: int32(i) + 1})
	}
	e.symbols[len(w)-1].next = None
	for i := range e.symbols {
		e.consider(int32(i))
	}
	for len(e.queue) > 0 {
		rank, i := e.queue.pop()
		if left := &e.symbols[i]; left.merge.rank == rank { // else the pair is gone
			e.join(left, i)
		}
	}
	for i := int32(0); i != None; i = e.symbols[i].next {
		if id := e.symbols[i].id; id != None {
			e.ids = append(e.ids, int(id))
		}
	}
}

// join lets the symbol at i swallow its right neighbour.
func (e *encoder) join(left *symbol, i int32) {
	right := &e.symbols[left.next]
	right.merge.rank = None
	left.id = left.merge.id
	left.next = right.next
	if left.next != None {
		e.symbols[left.next].prev = i
	}
	e.consider(i)
	if left.prev != None {
		e.consider(left.prev)
	}
}

// consider looks up the merge of the symbol at i with its right neighbour.
func (e *encoder) consider(i int32) {
	s := &e.symbols[i]
	s.merge.rank = None
	if s.next == None {
		return
	}
	if m, ok := e.merges[pair{s.id, e.symbols[s.next].id}]; ok {
		s.merge = m
		e.queue.push(m.rank, i)
	}
}

// A queue is a binary min-heap of merges to be done: the lowest rank first, the leftmost
// of equals. An entry is rank<<32 | index of the left symbol.
type queue []uint64

func (q *queue) push(rank, i int32) {
	h := append(*q, uint64(rank)<<32|uint64(i))
	for at := len(h) - 1; at > 0; {
		parent := (at - 1) / 2
		if h[parent] <= h[at] {
			break
		}
		h[parent], h[at] = h[at], h[parent]
		at = parent
	}
	*q = h
}

func (q *queue) pop() (rank, i int32) {
	h := *q
	top := h[0]
	h[0] = h[len(h)-1]
	h = h[:len(h)-1]
	for at := 0; ; {
		least := at
		for child := 2*at + 1; child <= 2*at+2 && child < len(h); child++ {
			if h[child] < h[least] {
				least = child
			}
		}
		if least == at {
			break
		}
		h[at], h[least] = h[least], h[at]
		at = least
	}
	*q = h
	return int32(top >> 32), int32(top)
}
