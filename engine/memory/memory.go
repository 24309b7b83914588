// Package memory says how much of the machine's memory a process may use and how much it
// holds.
//
// Call [Read] before taking much, [Resident] to see what was taken.
package memory

// Memory is what this process may use of the machine's memory, in bytes.
type Memory struct {
	Total int64
	Free  int64 // without pushing anything else out
}
