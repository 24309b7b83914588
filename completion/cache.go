package completion

import (
	"container/list"
	"fmt"
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

// key names all that a job's result depends on.
func (c *Completer) key(job Job) string {
	return fmt.Sprintf("%q %q %d %+v %+v %+v %s %d %s", c.opts.Model, job.Form.Name, c.opts.MaxTokens,
		job.Budget, job.Sampling, job.Workspace, job.Spec.Key(), job.Modules.Edition, digestOf(job.imported))
}
