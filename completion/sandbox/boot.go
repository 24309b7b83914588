package sandbox

import (
	"embed"
	"path"
)

// The Python half of the sandbox lies in python/; an interpreter never reads it from
// disk. It is started with boot and receives the modules, as text, on descriptor 3.

//go:embed python/*.py
var pythonFiles embed.FS

// boot reads one framed JSON message, makes modules of the sources in it, and enters the
// one that forks zygotes.
const boot = `import json,os,sys,types
if sys.version_info<(3,8):
    sys.stderr.write("Python %d.%d is too old: greenfill needs 3.8 or later\n"%sys.version_info[:2])
    sys.exit(1)
def read(n):
    data=b""
    while len(data)<n:
        part=os.read(3,n-len(data))
        if not part: os._exit(1)
        data+=part
    return data
config=json.loads(read(int.from_bytes(read(4),"little")).decode("ascii"))
package=types.ModuleType("_greenfill")
package.__path__=[]
sys.modules["_greenfill"]=package
for name,text in config.pop("modules"):
    module=types.ModuleType("_greenfill."+name)
    sys.modules[module.__name__]=module
    setattr(package,name,module)
    exec(compile(text,"<greenfill "+name+">","exec"),module.__dict__)
sys.modules["_greenfill.zygote"].main(config)
`

// A role is what a zygote does; its value is the name of the module that does it.
type role string

const (
	roleAnswer role = "answer" // runs candidates, never sees the checks
	roleJudge  role = "judge"  // runs the checks, never candidate code
	roleSolo   role = "solo"   // runs both: the fallback, whose verdicts say Weaker
)

// moduleNames are in an order in which each module finds the ones it imports.
var moduleNames = []string{"codec", "decode", "tables", "remote", "peer", "place", "zygote", "answer", "short", "rewrite", "check",
	"pytest_form", "forms", "judge", "solo"}

// modules are the Python sources: [name, text].
func modules() [][2]string {
	out := make([][2]string, len(moduleNames))
	for i, name := range moduleNames {
		text, err := pythonFiles.ReadFile(path.Join("python", name+".py"))
		if err != nil {
			panic("sandbox: an embedded file is missing: " + err.Error())
		}
		out[i] = [2]string{name, string(text)}
	}
	return out
}
