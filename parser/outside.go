package parser

import "strings"

var outsideCalls = map[string]bool{
	"input": true, "raw_input": true, "exit": true, "quit": true, "breakpoint": true,
	"sys.exit": true, "os.system": true, "os._exit": true, "os.remove": true, "os.unlink": true,
	"os.fork": true, "os.kill": true, "time.sleep": true, "unittest.main": true,
	"pytest.main": true, "doctest.testmod": true, "asyncio.run": true, "logging.basicConfig": true,
}

var outsideModules = []string{"requests.", "urllib.", "httpx.", "socket.", "subprocess.",
	"smtplib.", "ftplib.", "argparse.", "shutil.", "webbrowser.", "sys.stdin.", "sys.stdout.", "sys.stderr."}

var outsideMethods = []string{".parse_args", ".parse_known_args", ".mainloop", ".serve_forever", ".run_forever", ".connect"}

// reachesOutside says whether a call acts on the world outside its process, by the name
// of what is called; whole is the call with its arguments.
func reachesOutside(callee, whole string) bool {
	if outsideCalls[callee] {
		return true
	}
	for _, m := range outsideModules {
		if strings.HasPrefix(callee, m) {
			return true
		}
	}
	for _, method := range outsideMethods {
		if strings.HasSuffix(callee, method) {
			return true
		}
	}
	if callee == "open" {
		for _, mode := range []string{`"w`, `'w`, `"a`, `'a`, `"x`, `'x`} {
			if strings.Contains(whole, ", "+mode) || strings.Contains(whole, "mode="+mode) {
				return true
			}
		}
	}
	return false
}
