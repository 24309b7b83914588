package parser

import (
	"strings"
	"testing"
)

func TestAddImport(t *testing.T) {
	for _, c := range []struct{ src, module, name, want string }{
		{"", "re", "", "import re\n"},
		{"x = 1\n", "re", "", "import re\n\nx = 1\n"},
		{"def f():\n    pass\n", "re", "", "import re\n\n\ndef f():\n    pass\n"},
		{"\n@cache\ndef f():\n    pass\n", "re", "", "import re\n\n\n@cache\ndef f():\n    pass\n"},
		{"# Twice.\nasync def f():\n    pass\n", "re", "", "import re\n\n\n# Twice.\nasync def f():\n    pass\n"},
		{"# All rights reserved.\n\nclass A:\n    pass\n", "re", "", "# All rights reserved.\n\nimport re\n\n\nclass A:\n    pass\n"},
		{"# All rights reserved.\n\n# Twice.\ndef f():\n    pass\n", "re", "", "# All rights reserved.\n\nimport re\n\n\n# Twice.\ndef f():\n    pass\n"},
		{"import os\n\nx = 1\n", "re", "", "import os\nimport re\n\nx = 1\n"},
		{"import os\n", "os", "", "import os\n"},
		{"import os, re\n", "re", "", "import os, re\n"},
		{"\"\"\"Doc.\"\"\"\n\nx = 1\n", "re", "", "\"\"\"Doc.\"\"\"\n\nimport re\n\nx = 1\n"},
		{"\"\"\"Doc.\"\"\"\ndef f():\n    pass\n", "re", "", "\"\"\"Doc.\"\"\"\n\nimport re\n\n\ndef f():\n    pass\n"},
		{"\"\"\"Doc.\"\"\"\r\n\r\ndef f():\r\n    pass\r\n", "re", "", "\"\"\"Doc.\"\"\"\r\n\r\nimport re\r\n\r\n\r\ndef f():\r\n    pass\r\n"},
		{"\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\n", "re", "", "\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\nimport re\n"},
		{"#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nx = 1\n", "re", "", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nimport re\n\nx = 1\n"},
		{"# -*- coding: latin-1 -*-\nx = 1\n", "re", "", "# -*- coding: latin-1 -*-\n\nimport re\n\nx = 1\n"},
		{"from typing import List\n", "typing", "Dict", "from typing import List, Dict\n"},
		{"from typing import List  # types\n", "typing", "Dict", "from typing import List, Dict  # types\n"},
		{"from typing import (\n    List,\n)\nx = 1\n", "typing", "Dict", "from typing import (\n    List,\n)\nfrom typing import Dict\nx = 1\n"},
		{"from typing import List, Dict\n", "typing", "Dict", "from typing import List, Dict\n"},
		{"from __future__ import annotations\nx = 1\n", "re", "", "from __future__ import annotations\nimport re\nx = 1\n"},
		{"import os\r\nx = 1\r\n", "re", "", "import os\r\nimport re\r\nx = 1\r\n"},
		{"\ufeffx = 1\n", "re", "", "\ufeffimport re\n\nx = 1\n"},
		{"import numpy as np\n", "numpy", "", "import numpy as np\nimport numpy\n"},
		{"import os", "re", "", "import os\nimport re"},
		{"x = 1\nimport os\n", "re", "", "import re\n\nx = 1\nimport os\n"},
	} {
		got := c.src
		if span, text, ok := Parse([]byte(c.src)).AddImport(Import{Module: c.module, Name: c.name}); ok {
			got = c.src[:span.Start] + text + c.src[span.End:]
		}
		if got != c.want {
			t.Errorf("adding %s %s to %q gives %q, want %q", c.module, c.name, c.src, got, c.want)
		}
	}
}

func TestUndefined(t *testing.T) {
	f := Parse([]byte("import os\n\nK = 1\n\ndef f(x):\n    pass\n\nassert f(1)\n"))
	s := f.Specs()[0]
	got := strings.Join(s.Undefined("    y = re.sub(os.sep, x, K)\n    for z in Counter(y): print(z, f)\n    return [w for w in math.pi]"), " ")
	if got != "Counter math re" {
		t.Errorf("Undefined = %q", got)
	}
}

// TestOrder: each spec comes after those it speaks of.
func TestOrder(t *testing.T) {
	f := Parse([]byte("def a():\n    \"\"\"Uses b().\"\"\"\n\ndef b():\n    \"\"\"Uses c_d and a().\"\"\"\n\ndef c_d():\n    pass\n\ndef e():\n    pass\n"))
	var names []string
	for _, s := range Order(f.Specs()) {
		names = append(names, s.Name)
	}
	if got := strings.Join(names, " "); got != "c_d b a e" {
		t.Errorf("Order = %s", got)
	}
}

// TestKey: what does not determine the answer does not change the key.
func TestKey(t *testing.T) {
	key := func(src string) string { return Parse([]byte(src)).Specs()[0].Key() }
	src := "K = 2\n\ndef f(x):\n    \"\"\"Twice.\"\"\"\n\n\ny = f(K)\nassert y == 4\nassert f(3) == 6\n"
	base := key(src)
	for name, same := range map[string]string{
		"moved down":            "\n\n# note\n" + src,
		"lines in between":      strings.Replace(src, "assert y", "\n\n# note\n\nassert y", 1),
		"an unrelated check":    src + "assert len([]) == 0\n",
		"blank lines below":     strings.Replace(src, "\"\"\"\n\n\n", "\"\"\"\n    \n", 1),
		"a third party import":  "import torch\n" + src,
		"a statement that acts": src + "print(f(2))\n",
	} {
		if key(same) != base {
			t.Errorf("%s: the key is another", name)
		}
	}
	for name, other := range map[string]string{
		"signature": strings.Replace(src, "f(x)", "f(y)", 1),
		"docstring": strings.Replace(src, "Twice", "Thrice", 1),
		"check":     strings.Replace(src, "== 6", "== 7", 1),
		"setup":     strings.Replace(src, "y = f(K)", "y = f(K + 0)", 1),
		"constant":  strings.Replace(src, "K = 2", "K = 1", 1),
		"begun":     strings.Replace(src, "\"\"\"\n\n", "\"\"\"\n    return x +\n", 1),
	} {
		if key(other) == base {
			t.Errorf("%s: the key is the same", name)
		}
	}
}

// TestWrittenPutBack: the text in the hole of a written function, put back, changes nothing.
func TestWrittenPutBack(t *testing.T) {
	for _, src := range []string{
		"def f(x):\n    \"\"\"Doc.\"\"\"\n    return x\n",
		"def f(x): return x\n",
		"def f(x): \"Doc.\"; return x\n",
		"class A:\n    def f(self):\n        y = 1\n        return y\n\n    def g(self): return 1\n",
		"@overload\ndef f(x): ...\n",
	} {
		for _, s := range Parse([]byte(src)).Functions() {
			if got := string(s.Fill([]byte(src), src[s.Hole.Start:s.Hole.End])); got != src {
				t.Errorf("%q became %q", src, got)
			}
		}
	}
}
