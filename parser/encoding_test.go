package parser

import (
	"strings"
	"testing"
)

func TestEncoding(t *testing.T) {
	for src, want := range map[string]string{
		"x = 1\n":                     "utf-8",
		"# -*- coding: latin-1 -*-\n": "latin-1",
		"#!/usr/bin/python\n# vim: set fileencoding=CP1252 :\n": "cp1252",
		"\n# coding=euc_kr\n":             "euc-kr",
		"x = 1\n# coding: latin-1\n":      "utf-8",
		"\n\n# coding: latin-1\n":         "utf-8",
		"\xef\xbb\xbf# coding: latin-1\n": "utf-8",
		"# coding latin-1":                "utf-8",
		"":                                "utf-8",
	} {
		if got := Encoding([]byte(src)); got != want {
			t.Errorf("Encoding(%q) = %s, want %s", src, got, want)
		}
	}
}

func TestToUTF8(t *testing.T) {
	for _, c := range []struct{ src, text string }{
		{"# coding: latin-1\nx = '\xe9\x80'\n", "# coding: latin-1\nx = 'é\u0080'\n"},
		{"# coding: cp949\nx = '\xb0\xa1'\n", "# coding: cp949\nx = '가'\n"},
		{"# coding: shift_jis\nx = '\x95\x5c'\n", "# coding: shift_jis\nx = '表'\n"},
		{"# coding: koi8-r\nx = '\xc1'\n", "# coding: koi8-r\nx = 'а'\n"},
		{"# coding: cp1252\nx = '\x80'\n", "# coding: cp1252\nx = '€'\n"},
		{"x = 'é'\n", "x = 'é'\n"},
	} {
		text, err := ToUTF8([]byte(c.src))
		if err != nil || string(text) != c.text {
			t.Errorf("ToUTF8(%q) = %q, %v, want %q", c.src, text, err, c.text)
			continue
		}
		back, err := FromUTF8(text)
		if err != nil || string(back) != c.src {
			t.Errorf("FromUTF8(%q) = %q, %v, want %q", text, back, err, c.src)
		}
	}
	for src, part := range map[string]string{
		"x = '\xe9'\n":              "not utf-8",
		"# coding: klingon\n":       "klingon",
		"# coding: ascii\n'\xe9'\n": "not ascii",
	} {
		if _, err := ToUTF8([]byte(src)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("ToUTF8(%q): error %v, want one with %q", src, err, part)
		}
	}
	if _, err := FromUTF8([]byte("# coding: latin-1\n'가'\n")); err == nil {
		t.Error("FromUTF8 put Hangul into Latin-1")
	}
}
