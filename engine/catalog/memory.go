package catalog

// Memory is what this process may use of the machine's memory, in bytes.
type Memory struct {
	Total int64
	Free  int64 // without pushing anything else out
}
