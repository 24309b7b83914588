package lsp

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"

	"greenfill/completion"
)

// A folder is one root of the workspace, with settings, interpreter and trust of its
// own. A file outside all roots counts as being in a root that is its directory.
type folder struct {
	uri      uri.URI
	path     string // "" for what is not on disk
	settings Settings
}

// pathOf is the file path of a URI, "" if it is none on this machine.
func pathOf(u uri.URI) string {
	switch u.Scheme() {
	case "file":
		return u.FsPath()
	case cellScheme:
		return u.Path() // the notebook's
	}
	return ""
}

// folder is the innermost root that holds a document.
func (s *server) folder(u uri.URI) *folder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.folderLocked(u)
}

func (s *server) folderLocked(u uri.URI) *folder {
	path := pathOf(u)
	var best *folder
	for _, f := range s.folders {
		if within(path, f.path) && (best == nil || len(f.path) > len(best.path)) {
			best = f
		}
	}
	if best != nil {
		return best
	}
	dir := ""
	if path != "" {
		dir = filepath.Dir(path)
	} else if len(s.folders) > 0 {
		return s.folders[0] // an unsaved file belongs where the user works
	}
	f, ok := s.loose[dir]
	if !ok {
		f = &folder{path: dir, settings: s.base}
		if dir != "" {
			f.uri = uri.File(dir)
		}
		s.loose[dir] = f
	}
	return f
}

// workspace is where the code of one of the folder's documents runs.
func (f *folder) workspace(u uri.URI, set Settings) completion.Workspace {
	return completion.Workspace{Dir: f.path, Path: pathOf(u), Python: f.interpreter(set)}
}

// within says whether path is dir or lies in it.
func within(path, dir string) bool {
	if path == "" || dir == "" {
		return false
	}
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator)
}

// settings are those of the folder that holds a document.
func (s *server) settings(u uri.URI) Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.folderLocked(u).settings
}

// configure asks the client for the settings of each folder, or is content with those
// of initializationOptions. Jobs wait until it has been through once.
func (s *server) configure() {
	s.mu.Lock()
	ask := s.features.configuration
	var scopes []*folder
	items := []protocol.ConfigurationItem{{Section: ptr("greenfill")}}
	for _, f := range s.folders {
		scopes = append(scopes, f)
		items = append(items, protocol.ConfigurationItem{ScopeURI: ptr(f.uri), Section: ptr("greenfill")})
	}
	s.mu.Unlock()

	var values []protocol.LSPAny
	if ask {
		var err error
		values, err = s.client.Configuration(s.ctx, &protocol.ConfigurationParams{Items: items})
		if err != nil {
			s.log.Warn("asking for the configuration", zap.Error(err))
		}
	}
	if len(values) == len(items) {
		s.adopt(values[0], scopes, values[1:])
	}
	s.mu.Lock()
	if !closed(s.configured) {
		close(s.configured)
	}
	s.mu.Unlock()
	s.settingsChanged()
}

// adopt takes over a configuration: one for all, and one for each folder.
func (s *server) adopt(all jsontext.Value, scopes []*folder, each []protocol.LSPAny) {
	s.mu.Lock()
	initial, _ := readSettings(DefaultSettings(), s.options.Settings)
	base, complaints := readSettings(initial, all)
	s.base = base
	for _, f := range s.folders {
		f.settings = base
	}
	for _, f := range s.loose {
		f.settings = base
	}
	for i, f := range scopes {
		var more []string
		f.settings, more = readSettings(initial, each[i])
		complaints = append(complaints, more...)
	}
	s.mu.Unlock()
	s.publisher.complain(complaints)
}

// didChangeConfiguration asks again; a client that cannot be asked sends the values.
func (s *server) didChangeConfiguration(p *protocol.DidChangeConfigurationParams) {
	s.mu.Lock()
	ask := s.features.configuration
	s.mu.Unlock()
	if ask {
		s.work.Go(s.configure)
		return
	}
	var sections struct {
		Greenfill jsontext.Value `json:"greenfill"`
	}
	if err := protocol.Unmarshal(p.Settings, &sections); err != nil {
		s.publisher.complain([]string{"settings must be an object with the section \"greenfill\""})
		return
	}
	s.adopt(sections.Greenfill, nil, nil)
	s.settingsChanged()
}

// settingsChanged lets everything that depends on settings be looked at again.
func (s *server) settingsChanged() {
	s.mu.Lock()
	s.trouble = nil
	s.mu.Unlock()
	s.publisher.refresh()
	s.publisher.wake()
}

// didChangeFolders follows the client's list of roots.
func (s *server) didChangeFolders(p *protocol.DidChangeWorkspaceFoldersParams) {
	s.mu.Lock()
	for _, gone := range p.Event.Removed {
		s.folders = slices.DeleteFunc(s.folders, func(f *folder) bool { return f.uri == gone.URI })
	}
	for _, added := range p.Event.Added {
		s.folders = append(s.folders, &folder{uri: added.URI, path: pathOf(added.URI), settings: s.base})
	}
	s.mu.Unlock()
	s.work.Go(s.configure)
}

func ptr[T any](v T) *T { return &v }

// closed says whether a channel that only is closed has been.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
