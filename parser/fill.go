package parser

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Head is the text of the function as written up to the hole, its own indentation
// removed: decorators, signature, docstring and comments.
func (s *Spec) Head() string { return s.head }

// Replacement is the exact text to put in the place of Hole so that the function has
// this body. body has Indent before each line (see [Spec.Reindent]); line breaks and
// the place of the hole are seen to.
func (s *Spec) Replacement(body string) string { return s.hole.replacement(body, s.Indent) }

func (h hole) replacement(body, indent string) string {
	if h.kind == HoleWritten && !strings.HasPrefix(body, indent) {
		return body // the text that stands there, put back
	}
	if h.flush {
		body = strings.TrimPrefix(body, indent)
	}
	return h.lead + body + h.tail
}

// Fill is the text of the file (src, which the spec came from) once body has been accepted.
func (s *Spec) Fill(src []byte, body string) []byte {
	start := min(s.Hole.Start, len(src))
	end := min(max(s.Hole.End, start), len(src))
	out := make([]byte, 0, len(src)+len(body)+len(s.hole.lead))
	out = append(out, src[:start]...)
	out = append(out, s.Replacement(body)...)
	return append(out, src[end:]...)
}

// Filled is Unit with the body in its hole, as a text that compiles if body does:
// other unwritten functions of the unit raise NotImplementedError.
func (s *Spec) Filled(body string) Fragment {
	f := s.Unit
	f.Text = s.filled(s.Replacement(body))
	return f
}

// Key is a hash of everything that determines the answer: two specs with the same key
// may share completions. The place of the function in the file is not part of it.
func (s *Spec) Key() string {
	h := sha256.New()
	put := func(parts ...string) {
		for _, part := range parts {
			fmt.Fprintf(h, "%d:", len(part))
			io.WriteString(h, part)
		}
	}
	put(s.QualifiedName, s.Signature, s.Doc, s.Head(), s.Begun, s.Indent, s.Step, s.Newline)
	for _, c := range s.Checks {
		put(fmt.Sprint(c.Kind), blankRuns.ReplaceAllString(c.Code, "\n"), c.Want, c.Test)
	}
	put("prelude")
	for _, p := range s.Prelude {
		put(p.Text)
	}
	put("unit", strings.TrimRight(s.filled(""), " \t\r\n"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

var blankRuns = regexp.MustCompile(`\n{2,}`)
