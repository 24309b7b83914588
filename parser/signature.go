package parser

import (
	"fmt"
	"slices"
	"strings"
)

// parameters is what a def takes.
type parameters struct {
	names    []string // that may be given by position
	only     int      // so many of them by position only
	required int      // so many of names have no default
	keywords []string // by keyword only
	needed   []string // those of keywords that have no default
	star     bool     // *args
	stars    bool     // **kwargs
}

// parametersOf reads them from a signature; ok is false where it is not Python.
func parametersOf(signature string) (p parameters, ok bool) {
	code := signature + " pass"
	tree := parseTree([]byte(code))
	if tree == nil || tree.hasError() {
		return p, false
	}
	list := find(tree, "parameters")
	if list == nil {
		return p, false
	}
	keywordOnly := false
	for _, k := range list.kids {
		text := code[k.start:k.end]
		switch {
		case k.kind == "comment" || k.kind == "line_continuation":
			continue
		case strings.HasPrefix(text, "**"):
			p.stars = true
			continue
		case strings.HasPrefix(text, "*"):
			p.star = p.star || len(strings.TrimSpace(text)) > 1
			keywordOnly = true
			continue
		case text == "/":
			p.only = len(p.names)
			continue
		}
		name := text
		for inner := k; len(inner.kids) > 0; {
			inner = inner.kids[0]
			name = code[inner.start:inner.end]
		}
		hasDefault := strings.HasPrefix(k.kind, "default") || strings.HasPrefix(k.kind, "typed_default")
		switch {
		case keywordOnly:
			p.keywords = append(p.keywords, name)
			if !hasDefault {
				p.needed = append(p.needed, name)
			}
		default:
			p.names = append(p.names, name)
			if !hasDefault {
				p.required = len(p.names)
			}
		}
	}
	return p, true
}

// find is the first node of a kind, in the order of the source.
func find(n *node, kind string) *node {
	if n.kind == kind {
		return n
	}
	for _, k := range n.kids {
		if found := find(k, kind); found != nil {
			return found
		}
	}
	return nil
}

// refuses says why a call does not fit, as the end of a sentence, or "".
func (p parameters) refuses(c call) string {
	if c.splat {
		return ""
	}
	if !p.star && c.positional > len(p.names) {
		return fmt.Sprintf("gives %d arguments by position, and there are %d parameters", c.positional, len(p.names))
	}
	given := map[string]bool{}
	for i := range min(c.positional, len(p.names)) {
		given[p.names[i]] = true
	}
	for _, k := range c.keywords {
		i := slices.Index(p.names, k)
		switch {
		case i >= 0 && i < p.only && !p.stars:
			return fmt.Sprintf("gives %s by keyword, which is taken by position only", k)
		case i >= p.only && given[k]:
			return fmt.Sprintf("gives %s twice", k)
		case i < 0 && !slices.Contains(p.keywords, k) && !p.stars:
			return fmt.Sprintf("gives the keyword %s, which is no parameter", k)
		}
		given[k] = true
	}
	for _, name := range append(slices.Clone(p.names[:p.required]), p.needed...) {
		if !given[name] {
			return "gives no value for " + name
		}
	}
	return ""
}
