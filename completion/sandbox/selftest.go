package sandbox

// A Report is what the self-test found: which combinations of layers hold on this machine.
type Report struct {
	Rows     []Row
	Chosen   Layers   // the strongest that holds; the zero value if none does
	Kernel   string   // release and version
	Landlock int      // the kernel's Landlock version, 0 if none
	Advice   []string // what to do about gaps, one sentence each
}

// Available says whether anything may run here.
func (r Report) Available() bool { return r.Chosen.Sufficient() }

// A Row is one combination and what its probes showed.
type Row struct {
	Layers Layers
	Holds  bool
	Error  string   // why it could not be set up; "" if it was
	Leaks  []string // the probes that should have failed and did not
}
