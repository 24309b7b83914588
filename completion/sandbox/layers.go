package sandbox

import "strings"

// Layers are the kinds of confinement in use. Limits, no new privileges, closed
// descriptors and the end with the parent are always among them.
type Layers struct {
	Namespaces bool // user, mount, process, network, IPC and host name of their own
	Landlock   bool // files: only what is listed, and nothing for writing
	Seccomp    bool // system calls: only what is listed
}

// Sufficient says whether these layers may run untrusted code: seccomp always, and
// Landlock or a file system of its own against reading the user's files.
func (l Layers) Sufficient() bool { return l.Seccomp && (l.Landlock || l.Namespaces) }

// String names them: "namespaces+landlock+seccomp", "none".
func (l Layers) String() string {
	var names []string
	for _, p := range []struct {
		on   bool
		name string
	}{{l.Namespaces, "namespaces"}, {l.Landlock, "landlock"}, {l.Seccomp, "seccomp"}} {
		if p.on {
			names = append(names, p.name)
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, "+")
}

// combinations are the layers to try, strongest first.
var combinations = []Layers{
	{Namespaces: true, Landlock: true, Seccomp: true},
	{Landlock: true, Seccomp: true},
	{Namespaces: true, Seccomp: true},
}
