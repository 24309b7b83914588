package parser

import (
	"bytes"
	"context"
	"sync"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/python"
)

// Statements are parsed one by one with tree-sitter's Python grammar. Its trees live in
// C; they are copied into plain values and freed at once, so that nothing of C outlives
// a call, nothing is shared between goroutines, and equal text gives equal answers
// whatever edits led to it.

// A node is a named node of the syntax tree: a rule of the grammar and where it stands.
// An error node has the kind "ERROR", a token that the grammar misses is marked missing.
type node struct {
	kind       string
	start, end int
	missing    bool
	kids       []*node
}

// Text longer or nested deeper than this is not given to tree-sitter, whose time on
// text that is no Python grows faster than the text.
const (
	maxTreeBytes = 256 << 10
	maxTreeDepth = 200
	// treeMicroseconds bounds one parse; tree-sitter takes about 0.2 ms for a kilobyte.
	treeMicroseconds = 2_000_000
)

var kinds = sync.OnceValue(func() []string {
	language := python.GetLanguage()
	names := make([]string, language.SymbolCount())
	for i := range names {
		names[i] = language.SymbolName(sitter.Symbol(i))
	}
	return names
})

var sitters = sync.Pool{New: func() any {
	p := sitter.NewParser()
	p.SetLanguage(python.GetLanguage())
	p.SetOperationLimit(treeMicroseconds)
	return p
}}

// parseTree is the syntax tree of text, or nil if it is too long, too deep or too slow.
func parseTree(text []byte) *node {
	if len(text) > maxTreeBytes || bracketDepth(text) > maxTreeDepth {
		return nil
	}
	p := sitters.Get().(*sitter.Parser)
	tree, err := p.ParseCtx(context.Background(), nil, withoutTemplates(text))
	if err != nil {
		p.Close()
		return nil
	}
	defer sitters.Put(p)
	defer tree.Close()
	cursor := sitter.NewTreeCursor(tree.RootNode())
	defer cursor.Close()
	return copyTree(cursor, len(text))
}

// copyTree copies the named nodes at and below the cursor. It climbs by itself: trees
// of long sums are as deep as the sums are long.
func copyTree(cursor *sitter.TreeCursor, length int) *node {
	names := kinds()
	var path []*node // from the root to the parent of the cursor's node; anonymous ones are nil
	var root *node
	for {
		n := plain(cursor.CurrentNode(), names, length)
		if n != nil {
			if parent := lastNode(path); parent != nil {
				parent.kids = append(parent.kids, n)
			} else {
				root = n
			}
		}
		if cursor.GoToFirstChild() {
			path = append(path, n)
			continue
		}
		for !cursor.GoToNextSibling() {
			if len(path) == 0 || !cursor.GoToParent() {
				return root
			}
			path = path[:len(path)-1]
		}
	}
}

// plain copies one node; anonymous ones (keywords, punctuation) come out as nil.
func plain(n *sitter.Node, names []string, length int) *node {
	missing := n.IsMissing()
	if !missing && !n.IsNamed() {
		return nil
	}
	kind := "ERROR"
	if s := int(n.Symbol()); s < len(names) {
		kind = names[s]
	}
	start := min(int(n.StartByte()), length)
	return &node{kind: kind, start: start, end: min(int(n.EndByte()), length), missing: missing}
}

func lastNode(path []*node) *node {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] != nil {
			return path[i]
		}
	}
	return nil
}

// bracketDepth is how deep the brackets of text go, outside strings and comments.
func bracketDepth(text []byte) int {
	sc := scanner{src: text}
	depth, deepest := 0, 0
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if t.kind != tokOp {
			continue
		}
		switch text[t.start] {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return deepest
}

// withoutTemplates makes f-strings of t-strings (Python 3.14), which the grammar does
// not know. They have the same form.
func withoutTemplates(text []byte) []byte {
	if !bytes.Contains(text, []byte(`t"`)) && !bytes.Contains(text, []byte(`t'`)) &&
		!bytes.Contains(text, []byte(`tr`)) && !bytes.ContainsRune(text, 'T') {
		return text
	}
	out := text
	sc := scanner{src: text}
	for t := sc.next(); t.kind != tokEnd; t = sc.next() {
		if t.kind != tokString {
			continue
		}
		for i := t.start; i < t.end && text[i] != '"' && text[i] != '\''; i++ {
			if text[i]|0x20 == 't' {
				if &out[0] == &text[0] {
					out = bytes.Clone(text)
				}
				out[i] = 'f'
			}
		}
	}
	return out
}

// hasError says whether the tree holds an error or misses a token.
func (n *node) hasError() bool {
	for stack := []*node{n}; len(stack) > 0; {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top.missing || top.kind == "ERROR" {
			return true
		}
		stack = append(stack, top.kids...)
	}
	return false
}
