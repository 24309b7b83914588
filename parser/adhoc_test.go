package parser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

type row struct {
	Code  string
	Entry string   `json:"entry_point"`
	Tests []string `json:"test_list"`
	Doc   string
	Text  string
}

func TestPairs(t *testing.T) {
	fh, _ := os.Open(os.Getenv("DATA"))
	sc := bufio.NewScanner(fh)
	sc.Buffer(nil, 1<<24)
	out, _ := os.Create("/tmp/pairs_out.jsonl")
	n, bad := 0, 0
	for sc.Scan() {
		var r row
		json.Unmarshal(sc.Bytes(), &r)
		if r.Code == "" {
			continue
		}
		n++
		orig := Parse([]byte(r.Code))
		var fn *Spec
		for _, s := range orig.Functions() {
			if s.QualifiedName == r.Entry {
				fn = s
			}
		}
		if fn == nil {
			fmt.Println("no fn", r.Entry)
			bad++
			continue
		}
		if fn.HoleKind != HoleWritten {
			fmt.Println("not written", r.Entry, fn.HoleKind)
			bad++
			continue
		}
		body := r.Code[fn.Hole.Start:fn.Hole.End]
		src := r.Code[:fn.Hole.Start] + "\n" + r.Code[fn.Hole.End:] + "\n\n" + strings.Join(r.Tests, "\n") + "\n"
		f := Parse([]byte(src))
		var sp *Spec
		for _, s := range f.Specs() {
			if s.QualifiedName == r.Entry {
				sp = s
			}
		}
		if sp == nil {
			fmt.Println("no spec", r.Entry)
			bad++
			continue
		}
		k := 0
		for _, c := range sp.Checks {
			if c.Kind != CheckDoctest {
				k++
			}
		}
		if k < len(r.Tests) {
			fmt.Println("checks", r.Entry, k, len(r.Tests))
			bad++
		}
		re := sp.Reindent("    "[:0] + body + "\n\nassert foo")
		full := sp.Fill([]byte(src), re)
		prog := ""
		for _, p := range sp.PreludeFor(re) {
			prog += p.Text + "\n"
		}
		prog += sp.Filled(re).Text + "\n"
		for _, c := range sp.Checks {
			if c.Kind != CheckDoctest {
				prog += c.Code + "\n"
			}
		}
		j, _ := json.Marshal(map[string]string{"entry": r.Entry, "orig": r.Code + "\n\n" + strings.Join(r.Tests, "\n") + "\n", "full": string(full), "prog": prog})
		out.Write(append(j, '\n'))
	}
	out.Close()
	fmt.Println(n, bad)
	o, err := exec.Command("python3", "/tmp/pairs.py").CombinedOutput()
	fmt.Println(string(o), err)
}
