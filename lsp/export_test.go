package lsp

import "slices"

// Methods are all methods that the server understands, in order.
func Methods() []string {
	var list []string
	for m := range calls {
		list = append(list, m)
	}
	for m := range notices {
		list = append(list, m)
	}
	slices.Sort(list)
	return list
}

// PathOf is the file that a URI names, "" if it names none.
var PathOf = pathOf
