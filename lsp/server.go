package lsp

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
	"go.uber.org/zap"
)

// A server is one client's server. All that changes is under mu, which nobody holds
// while doing I/O, parsing or waiting.
type server struct {
	o      Options
	log    *zap.Logger
	ctx    context.Context // ends with the connection
	cancel context.CancelFunc
	conn   jsonrpc2.Conn
	client protocol.Client
	life   lifecycle

	requests     requests
	work         sync.WaitGroup // every goroutine but those of requests
	publisher    publisher
	models       models
	checker      checker
	follower     follower
	progresses   progresses
	neighbouring sync.Mutex   // held while a document's files of tests are read and set
	edition      atomic.Int64 // counts the changes of files on disk

	mu         sync.Mutex
	features   features // what the client can do; set once by initialize
	options    InitializationOptions
	encoding   protocol.PositionEncodingKind
	base       Settings // of what lies in no folder
	documents  map[uri.URI]*Document
	notebooks  map[uri.URI]*notebook
	folders    []*folder
	loose      map[string]*folder // folders of files outside all folders, by path
	configured chan struct{}      // closed when the first configuration is known
	trust      trust
	ledger     ledger
	watched    map[uri.URI]map[string]*watched
	inline     map[uri.URI]chan struct{} // closed when a newer inline request of the document comes
	paused     bool
	resumed    bool      // the user said to sample in spite of battery and load
	trouble    *Status   // what the last job failed by, if that lies in the machine
	troubled   time.Time // when
}

func newServer(ctx context.Context, cancel context.CancelFunc, conn jsonrpc2.Conn, o Options) *server {
	s := &server{
		o: o, log: o.Log, ctx: ctx, cancel: cancel, conn: conn,
		client:     protocol.ClientDispatcher(conn),
		documents:  map[uri.URI]*Document{},
		notebooks:  map[uri.URI]*notebook{},
		loose:      map[string]*folder{},
		configured: make(chan struct{}),
		watched:    map[uri.URI]map[string]*watched{},
		inline:     map[uri.URI]chan struct{}{},
		ledger:     newLedger(),
		encoding:   protocol.PositionEncodingKindUTF16,
		base:       DefaultSettings(),
	}
	if s.o.Machine == nil {
		s.o.Machine = thisMachine
	}
	s.trust.load(s.trustFile())
	s.publisher.init()
	s.models.init()
	s.checker.init()
	s.follower.init()
	s.progresses.init()
	return s
}

// start begins what goes on for as long as the connection.
func (s *server) start() {
	s.work.Go(s.publish)
	s.work.Go(s.follow)
	s.work.Go(s.unloadWhenIdle)
}

// stop waits for all work to end and lets go of the model. The context has ended.
func (s *server) stop() {
	s.work.Wait()
	s.models.close()
}

// features are the parts of a client's capabilities that the server acts on.
type features struct {
	configuration  bool // answers workspace/configuration
	registerConfig bool // lets the server ask for didChangeConfiguration
	registerWatch  bool // lets the server ask for didChangeWatchedFiles
	lensRefresh    bool
	hintRefresh    bool
	pull           bool // asks for diagnostics itself
	pullRefresh    bool
	progress       bool // window/workDoneProgress/create
	versionedEdits bool // documentChanges
	literalActions bool // CodeAction, not only Command
	actionTags     bool // CodeActionTag.LLMGenerated
	markdown       bool // completion documentation
}

func yes(b *bool) bool { return b != nil && *b }

func readFeatures(c protocol.ClientCapabilities) features {
	var f features
	if w := c.Workspace; w != nil {
		f.configuration = yes(w.Configuration)
		f.registerConfig = w.DidChangeConfiguration != nil && yes(w.DidChangeConfiguration.DynamicRegistration)
		f.registerWatch = w.DidChangeWatchedFiles != nil && yes(w.DidChangeWatchedFiles.DynamicRegistration)
		f.lensRefresh = w.CodeLens != nil && yes(w.CodeLens.RefreshSupport)
		f.hintRefresh = w.InlayHint != nil && yes(w.InlayHint.RefreshSupport)
		f.pullRefresh = w.Diagnostics != nil && yes(w.Diagnostics.RefreshSupport)
		f.versionedEdits = w.WorkspaceEdit != nil && yes(w.WorkspaceEdit.DocumentChanges)
	}
	if t := c.TextDocument; t != nil {
		f.pull = t.Diagnostic != nil
		if a := t.CodeAction; a != nil {
			f.literalActions = len(a.CodeActionLiteralSupport.CodeActionKind.ValueSet) > 0
			f.actionTags = slices.Contains(a.TagSupport.ValueSet, protocol.CodeActionTagLLMGenerated)
		}
		if k := t.Completion; k != nil && k.CompletionItem != nil {
			f.markdown = slices.Contains(k.CompletionItem.DocumentationFormat, protocol.MarkupKindMarkdown)
		}
	}
	if w := c.Window; w != nil {
		f.progress = yes(w.WorkDoneProgress)
	}
	return f
}

// chooseEncoding is the first of the client's encodings that the server speaks.
func chooseEncoding(c protocol.ClientCapabilities) protocol.PositionEncodingKind {
	if c.General != nil {
		for _, e := range c.General.PositionEncodings {
			switch e {
			case protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32:
				return e
			}
		}
	}
	return protocol.PositionEncodingKindUTF16
}
