package parser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTmp(t *testing.T) {
	n := 0
	var bytes int
	t0 := time.Now()
	broken := 0
	filepath.Walk(os.Getenv("ROOT"), func(p string, fi os.FileInfo, err error) error {
		if err != nil || fi.IsDir() || !strings.HasSuffix(p, ".py") {
			return nil
		}
		b, _ := os.ReadFile(p)
		ls, _ := lines(b)
		statements(b, ls)
		n++
		bytes += len(b)
		for _, l := range ls {
			if l.broken {
				broken++
				if broken < 30 {
					fmt.Println(p, l, string(b[l.start:min(l.end, l.start+60)]))
				}
				break
			}
		}
		return nil
	})
	fmt.Println(n, bytes, time.Since(t0), broken)
}
