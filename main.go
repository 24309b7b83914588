// Command greenfill completes Python functions with bodies that pass their own asserts.
package main

func main() {}
