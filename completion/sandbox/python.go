package sandbox

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// FindPython is the path of the interpreter for folders: the .venv (or venv) in the first
// that has one, the one of VIRTUAL_ENV, or the first python3 on PATH that is a program and not a script (version
// managers put scripts there, whose choice is then read from their files). Nothing is run.
func FindPython(dirs ...string) (string, error) {
	var tried []string
	nearest := ""
	for _, dir := range dirs {
		if dir != "" {
			tried = append(tried, venvPython(filepath.Join(dir, ".venv")), venvPython(filepath.Join(dir, "venv")))
			nearest = cmp.Or(nearest, dir)
		}
	}
	if env := os.Getenv("VIRTUAL_ENV"); env != "" {
		tried = append(tried, venvPython(env))
	}
	for _, name := range []string{"python3", "python"} {
		for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
			path := filepath.Join(folder, name)
			if isScript(path) {
				path = managed(nearest, name)
			}
			tried = append(tried, path)
		}
	}
	for _, path := range tried {
		if isProgram(path) {
			return path, nil
		}
	}
	return "", errors.New("finding an interpreter: no python3 on PATH and no .venv in the workspace; install Python 3.8 or later")
}

// resolvePython makes a path of what a Program names: a path, a command, or nothing.
func resolvePython(name, dir string) (string, error) {
	switch {
	case name == "":
		return FindPython(dir)
	case !strings.ContainsRune(name, filepath.Separator):
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("finding the interpreter: %w", err)
		}
		name = path
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if isScript(path) {
		path = managed(dir, filepath.Base(path))
	}
	if !isProgram(path) {
		return "", fmt.Errorf("the interpreter %s is not a program; set the path of a Python 3.8 or later", name)
	}
	return path, nil
}

// python resolves an interpreter's name, remembering the answer for a few seconds: a job
// of many candidates asks once.
func (r *Runner) python(name, dir string) (string, error) {
	key := [2]string{name, dir}
	r.mu.Lock()
	found, ok := r.pythons[key]
	r.mu.Unlock()
	if ok && time.Since(found.at) < 5*time.Second {
		return found.path, nil
	}
	path, err := resolvePython(name, dir)
	if err == nil {
		r.mu.Lock()
		r.pythons[key] = foundPython{path, time.Now()}
		r.mu.Unlock()
	}
	return path, err
}

type foundPython struct {
	path string
	at   time.Time
}

// venvPython is where a virtual environment keeps its interpreter.
func venvPython(env string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(env, "Scripts", "python.exe")
	}
	return filepath.Join(env, "bin", "python")
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) && !isScript(path)
}

// isScript says whether a file begins with #!: it would need a shell, which the sandbox denies.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [2]byte
	_, err = io.ReadFull(f, head[:])
	return err == nil && string(head[:]) == "#!"
}

// managed is the interpreter that pyenv would choose: by PYENV_VERSION, the nearest
// .python-version, or the global version file; "" if there is none.
func managed(dir, name string) string {
	root := os.Getenv("PYENV_ROOT")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		root = filepath.Join(home, ".pyenv")
	}
	versions := strings.Split(os.Getenv("PYENV_VERSION"), ":")
	for at := dir; at != ""; at = filepath.Dir(at) {
		versions = append(versions, words(filepath.Join(at, ".python-version"))...)
		if at == filepath.Dir(at) {
			break
		}
	}
	versions = append(versions, words(filepath.Join(root, "version"))...)
	for _, v := range versions {
		if path := filepath.Join(root, "versions", v, "bin", name); v != "" && v != "system" && isProgram(path) {
			return path
		}
	}
	return ""
}

func words(path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return strings.Fields(string(data))
}

// systemPaths are where an interpreter's libraries and data may lie on any system.
var systemPaths = []string{
	"/usr", "/lib", "/lib64", "/lib32", "/bin", "/nix/store",
	"/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives",
}

// readablePaths is everything a run may read: the system's libraries, the interpreter's
// own folders, those of its virtual environment, what its .pth files add, the workspace.
func readablePaths(python, dir string) []string {
	paths := append([]string(nil), systemPaths...)
	prefixes := []string{filepath.Dir(filepath.Dir(python))}
	if real, err := filepath.EvalSymlinks(python); err == nil {
		prefixes = append(prefixes, filepath.Dir(filepath.Dir(real)))
	}
	if home := venvHome(prefixes[0]); home != "" {
		prefixes = append(prefixes, filepath.Dir(home))
		if real, err := filepath.EvalSymlinks(home); err == nil {
			prefixes = append(prefixes, filepath.Dir(real))
		}
	}
	for _, prefix := range prefixes {
		// Not the prefix itself: for ~/bin/python it would be the home folder.
		for _, part := range []string{"bin", "lib", "lib64", "pyvenv.cfg"} {
			paths = append(paths, filepath.Join(prefix, part))
		}
		paths = append(paths, pathFiles(prefix)...)
	}
	if dir != "" {
		paths = append(paths, dir)
	}
	return paths
}

// venvHome is the "home" of a virtual environment's pyvenv.cfg, "" if there is none.
func venvHome(env string) string {
	data, err := os.ReadFile(filepath.Join(env, "pyvenv.cfg"))
	if err != nil {
		return ""
	}
	s := bufio.NewScanner(bytes.NewReader(data))
	for s.Scan() {
		if key, value, ok := strings.Cut(s.Text(), "="); ok && strings.TrimSpace(key) == "home" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// pathFiles are the folders that .pth files in site-packages add (editable installs),
// but never the home folder or a root.
func pathFiles(prefix string) []string {
	files, _ := filepath.Glob(filepath.Join(prefix, "lib", "python3*", "site-packages", "*.pth"))
	home, _ := os.UserHomeDir()
	var out []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(data), "\n") {
			line = filepath.Clean(strings.TrimSpace(line))
			if filepath.IsAbs(line) && line != "/" && line != home && !strings.HasPrefix(home, line+"/") {
				out = append(out, line)
			}
		}
	}
	return out
}
