package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// A mbppTask is one row of MBPP: a reference solution and the asserts it must pass.
type mbppTask struct {
	ID    int      `json:"task_id"`
	Code  string   `json:"code"`
	Setup string   `json:"test_setup_code"`
	Tests []string `json:"test_list"`
}

// mbppFolder holds the open MBPP rows, beside the repository.
const mbppFolder = "../../../shared/data/mbpp"

// mbpp reads all tasks there are.
func mbpp(t testing.TB) []mbppTask {
	t.Helper()
	var tasks []mbppTask
	for _, name := range []string{"mbpp_prompt_1-10.jsonl", "mbpp_valid_511-600.jsonl", "mbpp_train_601-974.jsonl"} {
		data, err := os.ReadFile(mbppFolder + "/" + name)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("the MBPP data must lie beside the repository: %v", err)
			}
			t.Skipf("no MBPP data beside the repository: %v", err)
		}
		s := bufio.NewScanner(bytes.NewReader(data))
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			var task mbppTask
			if err := json.Unmarshal(s.Bytes(), &task); err != nil {
				t.Fatal(err)
			}
			task.Code = strings.ReplaceAll(task.Code, "\r\n", "\n")
			tasks = append(tasks, task)
		}
	}
	return tasks
}
