package parser

import (
	"maps"
	"slices"
	"strings"
)

// Uses are the qualified names of other functions of the file that the spec's text
// speaks of: its docstring, its comments and what is begun of its body.
func (s *Spec) Uses() []string { return s.uses }

// Order puts specs so that each comes after those it uses. Otherwise, and where they
// use one another, their order stays.
func Order(specs []*Spec) []*Spec {
	byName := map[string]*Spec{}
	for _, s := range specs {
		byName[s.QualifiedName] = s
	}
	placed := map[*Spec]bool{}
	ordered := make([]*Spec, 0, len(specs))
	var place func(s *Spec)
	place = func(s *Spec) {
		if s == nil || placed[s] {
			return
		}
		placed[s] = true
		for _, name := range s.uses {
			place(byName[name])
		}
		ordered = append(ordered, s)
	}
	for _, s := range specs {
		place(s)
	}
	return ordered
}

// mentioned finds the functions that the spec's text has among its words. A method's
// name counts only with a dot before it or a parenthesis behind it: "add", "size" and
// "get" are words of English.
func (f *function) mentioned(s *Spec) []string {
	text := s.head + "\n" + s.Begun
	seen := map[*function]bool{f: true}
	for start, end := range words(text) {
		word := text[start:end]
		marked := start > 0 && (text[start-1] == '.' || text[start-1] == '`') || end < len(text) && text[end] == '('
		for _, other := range f.x.byName[word] {
			plainWord := other.class != nil || !strings.ContainsAny(word, "_0123456789")
			if other.name != f.name && (marked || !plainWord) {
				seen[other] = true
			}
		}
	}
	delete(seen, f)
	others := slices.SortedFunc(maps.Keys(seen), func(a, b *function) int { return a.start - b.start })
	var found []string
	for _, other := range others {
		found = append(found, other.qualified)
	}
	return slices.Compact(found)
}
