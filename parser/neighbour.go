package parser

// TestFileNames are the paths at which the tests of the file at path may stand, the
// likeliest first. Slashes are those of path.
func TestFileNames(path string) []string { return nil }
