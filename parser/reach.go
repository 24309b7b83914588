package parser

import (
	"slices"
	"strings"
)

// checkSites are the sites that are about the function: those that call it; if there
// are none, those that reach it through other functions of the module.
func (f *function) checkSites() []*site {
	sites := f.x.sites()
	var direct, others []*site
	sessions := f.sessions(sites)
	for _, s := range sites {
		if s.at == f.top || f.x.rebinds(s.Path, f) {
			continue
		}
		if s.session != nil {
			if sessions[s] {
				direct = append(direct, s)
			}
			continue
		}
		if f.calledBy(s.mentions, s.main) {
			direct = append(direct, s)
		} else {
			others = append(others, s)
		}
	}
	if len(direct) > 0 {
		return direct
	}
	return slices.DeleteFunc(others, func(s *site) bool { return !f.reachedBy(s) })
}

// rebinds says whether a file of tests gives the function's name, or its class's, a
// value of its own.
func (x *index) rebinds(path string, f *function) bool {
	if path == "" {
		return false
	}
	for _, name := range x.boundNames(f.top) {
		for _, i := range x.binders()[name] {
			if x.module[i].part.path == path {
				return true
			}
		}
	}
	return false
}

// calledBy says whether code with these names calls the function itself.
func (f *function) calledBy(n *names, main bool) bool {
	if f.outer != nil {
		return f.outer.calledBy(n, main)
	}
	if f.class == nil {
		return f.x.usesByValue(n, f.name)
	}
	if !n.attrs[f.name] && !isSpecialName(f.name) {
		return false
	}
	return f.reachesClass(n, main)
}

// usesByValue says whether names have one called name among them, or a variable of the
// module whose value comes of it: y in y = f(2).
func (x *index) usesByValue(n *names, name string) bool {
	x.mu.Lock()
	all := x.byValue[n]
	x.mu.Unlock()
	if all == nil {
		all = x.usedByValue(n)
		x.mu.Lock()
		x.byValue[n] = all
		x.mu.Unlock()
	}
	return all[name]
}

// usedByValue are all names for which usesByValue says yes. Each function asks it of each
// site, so it is kept.
func (x *index) usedByValue(n *names) map[string]bool {
	all, seen := map[string]bool{}, map[string]bool{}
	var visit func(n *names)
	visit = func(n *names) {
		for used, when := range n.uses {
			if when != 0 {
				all[used] = true
			}
			if seen[used] {
				continue
			}
			seen[used] = true
			for _, i := range x.binders()[used] {
				if m := x.module[i]; m.kind == stmtSimple {
					visit(m.names())
				}
			}
		}
	}
	visit(n)
	return all
}

// reachesClass says whether names lead to the module statement that holds the function.
func (f *function) reachesClass(n *names, main bool) bool {
	s := f.x.newSlice(f.top, main)
	s.need(n.uses)
	for name := range s.seen {
		for _, i := range f.x.binders()[name] {
			if i == f.top {
				return true
			}
		}
	}
	return false
}

// isSpecialName says whether Python calls a method of the name without naming it.
func isSpecialName(name string) bool {
	return len(name) > 4 && strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// reachedBy says whether the site reaches the function through the bodies of others.
func (f *function) reachedBy(site *site) bool {
	if f.outer != nil {
		return f.outer.reachedBy(site)
	}
	s := f.newSlice(site.main)
	s.need(site.needs.uses)
	if f.class == nil {
		return s.seen[f.name]
	}
	if !f.reachesClass(site.needs, site.main) {
		return false
	}
	if f.x.module[f.top].names().attrs[f.name] {
		return true
	}
	for i := range s.in {
		if f.x.module[i].names().attrs[f.name] {
			return true
		}
	}
	return false
}

// sessions picks the doctests that are about the function. A docstring of its own or of
// its class counts as a whole if one example calls the function; of the module's, the
// examples that do and those that only set up.
func (f *function) sessions(sites []*site) map[*site]bool {
	whole := map[*session]*names{}
	for _, s := range sites {
		if s.session != nil {
			if whole[s.session] == nil {
				whole[s.session] = &names{uses: map[string]use{}, attrs: map[string]bool{}}
			}
			whole[s.session].merge(s.mentions)
		}
	}
	picked := map[*site]bool{}
	called := map[*session]bool{}
	for in, n := range whole {
		called[in] = f.calledBy(n, false)
	}
	for _, s := range sites {
		if in := s.session; in != nil && called[in] && (in.isOf(f) || in.isModules() && f.inModuleSession(s)) {
			picked[s] = true
		}
	}
	return picked
}

// isOf says whether the docstring is the function's, or that of its class or of the
// function around it.
func (in *session) isOf(f *function) bool {
	if in.owner != nil {
		return in.owner == f || in.owner == f.outer
	}
	return in.class != nil && f.class == in.class
}

func (in *session) isModules() bool { return in.owner == nil && in.class == nil }

// inModuleSession says whether an example of the module's docstring mentions the
// function, or has no output and so may be there for others.
func (f *function) inModuleSession(s *site) bool {
	return s.Want == "" || s.mentions.uses[f.name] != 0 || s.mentions.attrs[f.name]
}
