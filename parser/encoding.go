package parser

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// codingLine is a declaration of a source's encoding, as PEP 263 has it.
var codingLine = regexp.MustCompile(`^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)`)

// Encoding is the encoding that a source declares in one of its first two lines, or
// "utf-8". A source with a byte order mark is UTF-8 whatever it declares.
func Encoding(src []byte) string {
	if bomLength(src) > 0 {
		return "utf-8"
	}
	for at, n := 0, 0; n < 2 && at < len(src); n++ {
		end := lineEnd(src, at)
		if m := codingLine.FindSubmatch(src[at:end]); m != nil {
			return strings.ReplaceAll(strings.ToLower(string(m[1])), "_", "-")
		}
		if text := bytes.TrimLeft(src[at:end], " \t\f"); len(text) > 0 && text[0] != '#' {
			break
		}
		if end == len(src) {
			break
		}
		at = afterNewline(src, end)
	}
	return "utf-8"
}

// ToUTF8 is a source of any declared encoding as UTF-8, which is what [Parse] and the
// spans of a [File] speak of. The error names the encoding that is not known or does
// not fit.
func ToUTF8(src []byte) ([]byte, error) {
	name := Encoding(src)
	codec, err := codecOf(name)
	if err != nil {
		return nil, err
	}
	if codec == nil {
		if !utf8.Valid(src) {
			return nil, fmt.Errorf("decoding the source: it is not %s: save it as UTF-8, or declare its encoding in the first line (# -*- coding: … -*-)", name)
		}
		return src, nil
	}
	text, err := codec.NewDecoder().Bytes(src)
	if err != nil {
		return nil, fmt.Errorf("decoding the source as %s: %w", name, err)
	}
	return text, nil
}

// FromUTF8 is the opposite of [ToUTF8], by the encoding that the text itself declares.
func FromUTF8(text []byte) ([]byte, error) {
	name := Encoding(text)
	codec, err := codecOf(name)
	if err != nil || codec == nil {
		return text, err
	}
	src, err := codec.NewEncoder().Bytes(text)
	if err != nil {
		return nil, fmt.Errorf("encoding the source as %s: %w", name, err)
	}
	return src, nil
}

// codecOf is the codec of Python's name for an encoding; nil for UTF-8 and ASCII.
func codecOf(name string) (encoding.Encoding, error) {
	switch name {
	case "utf-8", "utf8", "utf-8-sig", "ascii", "us-ascii":
		return nil, nil
	case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "l1":
		return charmap.ISO8859_1, nil
	case "cp949", "uhc", "ms949":
		name = "euc-kr"
	case "cp932":
		name = "shift-jis"
	}
	if number, ok := strings.CutPrefix(name, "cp125"); ok {
		name = "windows-125" + number
	}
	codec, err := htmlindex.Get(name)
	if err != nil {
		return nil, fmt.Errorf("decoding the source: it declares the encoding %s, which is not known here: save it as UTF-8", name)
	}
	return codec, nil
}
