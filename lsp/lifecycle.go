package lsp

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"
)

// initialize takes in what the client is and can do, and says what the server offers.
func (s *server) initialize(p *protocol.InitializeParams) (*protocol.InitializeResult, error) {
	var options InitializationOptions
	if len(p.InitializationOptions) > 0 && string(p.InitializationOptions) != "null" {
		if err := protocol.Unmarshal(p.InitializationOptions, &options); err != nil {
			return nil, invalid("initializationOptions", err)
		}
	}
	base, complaints := readSettings(DefaultSettings(), options.Settings)
	encoding := chooseEncoding(p.Capabilities)

	s.mu.Lock()
	s.features = readFeatures(p.Capabilities)
	s.options = options
	s.encoding = encoding
	s.base = base
	s.trust.client = options.Trusted
	s.folders = nil
	for _, f := range initialFolders(p) {
		s.folders = append(s.folders, &folder{uri: f, path: pathOf(f), settings: base})
	}
	s.mu.Unlock()

	s.publisher.complain(complaints)
	if p.ProcessID != nil && *p.ProcessID > 0 {
		s.watchProcess(int(*p.ProcessID))
	}
	s.log.Info("initialize", zap.String("client", p.ClientInfo.Name), zap.String("encoding", string(encoding)))
	return &protocol.InitializeResult{
		Capabilities: capabilities(encoding, s.o.Version),
		ServerInfo:   protocol.ServerInfo{Name: "greenfill", Version: protocol.NewOptional(s.o.Version)},
	}, nil
}

// initialFolders are the workspace folders, or the root that older clients name instead.
func initialFolders(p *protocol.InitializeParams) []uri.URI {
	var list []uri.URI
	if folders, ok := p.WorkspaceFolders.Get(); ok {
		for _, f := range folders {
			list = append(list, f.URI)
		}
		return list
	}
	//lint:ignore SA1019 clients older than workspace folders say nothing else
	if p.RootURI != nil && *p.RootURI != "" {
		//lint:ignore SA1019 see above
		return []uri.URI{*p.RootURI}
	}
	//lint:ignore SA1019 see above
	if path, ok := p.RootPath.Get(); ok && filepath.IsAbs(path) {
		return []uri.URI{uri.File(path)}
	}
	return nil
}

// capabilities are what the server offers.
func capabilities(encoding protocol.PositionEncodingKind, version string) protocol.ServerCapabilities {
	on, kind := true, protocol.TextDocumentSyncKindIncremental
	python := []protocol.NotebookCellLanguage{{Language: "python"}}
	experimental, _ := protocol.Marshal(map[string]any{
		"greenfill": map[string]any{"protocol": ProtocolVersion, "version": version},
	})
	return protocol.ServerCapabilities{
		PositionEncoding: encoding,
		TextDocumentSync: &protocol.TextDocumentSyncOptions{OpenClose: &on, Change: &kind, Save: protocol.Boolean(true)},
		NotebookDocumentSync: &protocol.NotebookDocumentSyncOptions{
			NotebookSelector: []protocol.NotebookSelector{
				&protocol.NotebookDocumentFilterWithCells{Cells: python},
			},
			Save: &on,
		},
		CompletionProvider: &protocol.CompletionOptions{
			CompletionItem: &protocol.ServerCompletionItemOptions{LabelDetailsSupport: &on},
		},
		InlineCompletionProvider: protocol.Boolean(true),
		CodeLensProvider:         &protocol.CodeLensOptions{},
		CodeActionProvider: &protocol.CodeActionOptions{
			CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix, protocol.CodeActionKindRefactorRewrite},
		},
		HoverProvider:          protocol.Boolean(true),
		InlayHintProvider:      protocol.Boolean(true),
		DiagnosticProvider:     &protocol.DiagnosticOptions{},
		ExecuteCommandProvider: protocol.ExecuteCommandOptions{Commands: commandNames()},
		Workspace: &protocol.WorkspaceOptions{
			WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
				Supported: &on, ChangeNotifications: protocol.Boolean(true),
			},
		},
		Experimental: experimental,
	}
}

// initializedNotice begins the conversation that the server starts by itself.
func (s *server) initializedNotice() {
	s.work.Go(func() {
		s.register()
		s.configure()
	})
}

// register asks for the notifications that clients send only when asked.
func (s *server) register() {
	s.mu.Lock()
	f := s.features
	s.mu.Unlock()
	var list []protocol.Registration
	if f.registerConfig {
		list = append(list, protocol.Registration{ID: "greenfill.configuration",
			Method: protocol.MethodWorkspaceDidChangeConfiguration, RegisterOptions: jsontext.Value(`{"section":"greenfill"}`)})
	}
	if f.registerWatch {
		list = append(list, protocol.Registration{ID: "greenfill.files", Method: protocol.MethodWorkspaceDidChangeWatchedFiles,
			RegisterOptions: jsontext.Value(`{"watchers":[{"globPattern":"**/*.{py,pyi}"}]}`)})
	}
	if len(list) == 0 {
		return
	}
	if err := s.client.RegisterCapability(s.ctx, &protocol.RegistrationParams{Registrations: list}); err != nil {
		s.log.Warn("registering notifications", zap.Error(err))
	}
}

// shutdown ends all work; what comes after is exit.
func (s *server) shutdown([]byte) (work, error) {
	return func(context.Context) (any, error) {
		s.cancelJobs(func(*entry) bool { return true })
		return nil, nil
	}, nil
}

func (s *server) exitNotice() {
	s.life.mu.Lock()
	s.life.exited = true
	s.life.mu.Unlock()
	s.cancel()
}

// watchProcess ends the server when a process is gone: a client that was killed closes
// no stream if somebody inherited its end.
func (s *server) watchProcess(pid int) {
	s.work.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-s.ctx.Done():
				return
			case <-tick.C:
				if !alive(pid) {
					s.log.Info("the client's process is gone", zap.Int("pid", pid))
					s.cancel()
					return
				}
			}
		}
	})
}

// alive says whether a process exists; one that we may not signal does.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || os.IsPermission(err)
}
