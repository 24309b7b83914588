package lsp

import (
	"context"
	"fmt"
)

func (s *server) modelsCommand(ctx context.Context, _ invocation) (any, error) {
	if s.o.Models == nil {
		return []Model{}, nil
	}
	list, err := s.o.Models(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing models: %w", err)
	}
	return list, nil
}

// pullCommand has a model fetched by a process of its own, and the next job use it.
func (s *server) pullCommand(ctx context.Context, in invocation) (any, error) {
	if s.o.Pull == nil {
		return nil, failed("this server cannot fetch models; run `greenfill model pull` in a terminal")
	}
	title := "Greenfill: fetching " + in.Name
	if in.Name == "" {
		title = "Greenfill: fetching the recommended model"
	}
	ctx, p := s.progress(ctx, in.progress, title)
	model, err := s.o.Pull(ctx, in.Name, func(done, total int64) {
		if total > 0 {
			p.report(fmt.Sprintf("%d of %d MB", done/1e6, total/1e6), int(100*done/total))
		}
	})
	if err != nil {
		if cancelled := ctx.Err(); cancelled != nil {
			err = cancelled
		} else {
			err = failed("fetching a model: %v", err)
		}
		p.end("not fetched")
		return nil, err
	}
	p.end(model.Name + " is installed")
	s.settingsChanged()
	return model, nil
}
