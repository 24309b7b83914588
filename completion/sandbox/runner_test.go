package sandbox

import (
	"context"
	"fmt"
	"testing"
)

func TestFirst(t *testing.T) {
	fmt.Printf("%+v\n", SelfTest(context.Background()))
	r, _ := New(Options{})
	defer r.Close()
	for _, body := range []string{"return x+2", "return x", "return 'a'", "while True: pass", "import os; os._exit(0)", "1/0", "open('/etc/passwd')", "retrn 3"} {
		v := r.Run(context.Background(), Program{Candidate: Fragment{3, "def f(x):\n    " + body}, Function: "f",
			Checks: []Check{{Form: FormStatement, Line: 10, Code: "assert f(2) == 4"}, {Form: FormStatement, Line: 11, Code: "assert f(3) == 5"}}})
		fmt.Printf("%s: %+v\n", body, v)
	}
}
