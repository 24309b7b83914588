package completion

import (
	"container/list"
	"crypto/sha256"
	"encoding/json"
	"sync"
)

// A cache remembers the results of the jobs used last.
type cache struct {
	mu    sync.Mutex
	size  int
	order *list.List // of entry, the one used last in front
	byKey map[string]*list.Element
}

type entry struct {
	key    string
	result *Result
}

func newCache(size int) *cache {
	return &cache{size: size, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache) get(key string) (*Result, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry).result, true
}

func (c *cache) put(key string, r *Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		e.Value = entry{key, r}
		c.order.MoveToFront(e)
		return
	}
	c.byKey[key] = c.order.PushFront(entry{key, r})
	if c.order.Len() > c.size {
		last := c.order.Back()
		delete(c.byKey, last.Value.(entry).key)
		c.order.Remove(last)
	}
}

// key names all that a job's result depends on. The spec's place in the file is left
// out, so that an edit elsewhere does not cost a job.
func (c *Completer) key(job Job) string {
	s := job.Spec
	h := sha256.New()
	hole := s.Unit.Text[s.Hole.Start-s.Unit.Span.Start : s.Hole.End-s.Unit.Span.Start]
	parts := []any{c.opts.Model, c.opts.Form, c.opts.MaxTokens, job.Budget, job.Sampling, job.Dir, job.Python,
		s.QualifiedName, filled(s, ""), hole, s.Indent, s.Newline}
	for _, f := range s.Prelude {
		parts = append(parts, f.Text)
	}
	for _, k := range s.Checks {
		parts = append(parts, k.Kind, k.Code, k.Want, k.Test)
	}
	if err := json.NewEncoder(h).Encode(parts); err != nil {
		panic("completion: a job's key cannot be written: " + err.Error()) // plain values always can
	}
	return string(h.Sum(nil))
}
