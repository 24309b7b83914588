package lsp

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// property is what the schema says of one setting.
type property struct {
	Type        string
	Description string
	Enum        []string
	Default     any
	Minimum     *float64
	Maximum     *float64
}

func schema(t *testing.T) map[string]property {
	var s struct{ Properties map[string]property }
	if err := json.Unmarshal(SettingsSchema, &s); err != nil {
		t.Fatal(err)
	}
	return s.Properties
}

func TestSchemaIsTheSettings(t *testing.T) {
	props := schema(t)
	raw, err := json.Marshal(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var defaults map[string]any
	if err := json.Unmarshal(raw, &defaults); err != nil {
		t.Fatal(err)
	}
	for name, p := range props {
		if p.Description == "" {
			t.Errorf("%s: no description", name)
		}
		if diff := cmp.Diff(p.Default, defaults[name]); diff != "" {
			t.Errorf("%s: default of schema (-) and code (+):\n%s", name, diff)
		}
	}
	typ := reflect.TypeFor[Settings]()
	for i := range typ.NumField() {
		name := typ.Field(i).Tag.Get("json")
		if _, ok := props[name]; !ok {
			t.Errorf("%s is not in the schema", name)
		}
	}
	if len(props) != typ.NumField() {
		t.Errorf("%d settings in the schema, %d in the code", len(props), typ.NumField())
	}
}

// TestSchemaBoundsHold gives the reader each setting at its bounds and beyond.
func TestSchemaBoundsHold(t *testing.T) {
	read := func(name string, value any) []string {
		raw, err := json.Marshal(map[string]any{name: value})
		if err != nil {
			t.Fatal(err)
		}
		s, complaints := readSettings(DefaultSettings(), jsontext.Value(raw))
		if len(complaints) > 0 && s != DefaultSettings() {
			t.Errorf("%s = %v was refused and changed something", name, value)
		}
		return complaints
	}
	for name, p := range schema(t) {
		var good, bad []any
		switch {
		case p.Enum != nil:
			for _, v := range p.Enum {
				good = append(good, v)
			}
			bad = []any{"", "no such", 1, true}
		case p.Type == "integer":
			good, bad = []any{*p.Minimum, *p.Maximum, nil}, []any{*p.Minimum - 1, *p.Maximum + 1, 1.5, "1", []int{}}
		case p.Type == "number":
			good, bad = []any{*p.Minimum, *p.Maximum, 0.5}, []any{*p.Minimum - 0.5, *p.Maximum + 1, "1"}
		case p.Type == "boolean":
			good, bad = []any{true, false}, []any{0, "true"}
		case p.Type == "string":
			good, bad = []any{"", "x"}, []any{1, false, map[string]any{}}
		default:
			t.Errorf("%s has type %q", name, p.Type)
		}
		for _, v := range good {
			if c := read(name, v); c != nil {
				t.Errorf("%s = %v: %v", name, v, c)
			}
		}
		for _, v := range bad {
			if c := read(name, v); len(c) != 1 || !strings.HasPrefix(c[0], "greenfill."+name+" must be ") {
				t.Errorf("%s = %v: complaints %v", name, v, c)
			}
		}
	}
	for _, raw := range []string{"", "null", "{}", `{"unknown": 1}`} {
		if s, c := readSettings(DefaultSettings(), jsontext.Value(raw)); s != DefaultSettings() || c != nil {
			t.Errorf("%q gives %v", raw, c)
		}
	}
	if _, c := readSettings(DefaultSettings(), jsontext.Value(`[]`)); len(c) != 1 {
		t.Errorf("an array gives %v", c)
	}
}
