package parser

// Head is the text of the function as written up to the hole: decorators, signature,
// docstring and comments; for HolePartial also the lines already written.
func (s *Spec) Head() string { return "" }

// Replacement is the exact text to put in the place of Hole so that the function has
// this body. body has Indent before each line (see [Spec.Reindent]); line breaks and
// the place of the hole are seen to.
func (s *Spec) Replacement(body string) string { return body }

// Fill is the text of the file (src, which the spec came from) once body has been accepted.
func (s *Spec) Fill(src []byte, body string) []byte { return src }

// Filled is Unit with the body in its hole, as a text that compiles if body does:
// other unwritten functions of the unit raise NotImplementedError.
func (s *Spec) Filled(body string) Fragment { return s.Unit }

// Key is a hash of everything that determines the answer: two specs with the same key
// may share completions. The place of the function in the file is not part of it.
func (s *Spec) Key() string { return "" }
