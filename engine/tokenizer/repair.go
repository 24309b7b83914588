package tokenizer

import "unicode/utf8"

// repair makes UTF-8 of any bytes, as llama.cpp does, so that ids are the same: a byte
// that cannot be part of a character becomes U+FFFD. Sequences longer than need be are
// read for what they mean, and halves of surrogate pairs stay as they are, though
// strictly neither is UTF-8. What lies past U+10FFFF, which llama.cpp gives up on,
// becomes U+FFFD.
func repair(s string) string {
	fixed := make([]byte, 0, len(s)+8)
	for len(s) > 0 {
		r, n := decodeLoosely(s)
		if 0xd800 <= r && r <= 0xdfff {
			fixed = append(fixed, s[:n]...)
		} else {
			fixed = utf8.AppendRune(fixed, r)
		}
		s = s[n:]
	}
	return string(fixed)
}

// decodeLoosely reads one sequence by the form of its bytes alone.
func decodeLoosely(s string) (r rune, n int) {
	switch lead := s[0]; {
	case lead < 0x80:
		return rune(lead), 1
	case lead < 0xc0:
		return utf8.RuneError, 1
	case lead < 0xe0:
		r, n = rune(lead&0x1f), 2
	case lead < 0xf0:
		r, n = rune(lead&0x0f), 3
	case lead < 0xf8:
		r, n = rune(lead&0x07), 4
	default:
		return utf8.RuneError, 1
	}
	for i := 1; i < n; i++ {
		if i >= len(s) || s[i]&0xc0 != 0x80 {
			return utf8.RuneError, 1
		}
		r = r<<6 | rune(s[i]&0x3f)
	}
	return r, n // AppendRune writes U+FFFD for what is too large
}
