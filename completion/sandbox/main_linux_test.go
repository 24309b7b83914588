package sandbox

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Main()
	if os.Getenv(serverKey) != "" {
		serve()
	}
	os.Exit(m.Run())
}
