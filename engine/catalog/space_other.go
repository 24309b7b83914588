//go:build !unix

package catalog

import "errors"

// freeSpace is not known here; a full disk shows when it is written to.
func freeSpace(string) (int64, error) {
	return 0, errors.ErrUnsupported
}
