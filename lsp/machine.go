package lsp

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// A Machine is what speaks for or against sampling now.
type Machine struct {
	OnBattery bool
	Load      float64 // one-minute load average per core; 0 if unknown
}

// Why an automatic job waits.
const (
	reasonPaused      = "paused"
	reasonBattery     = "battery"
	reasonLoad        = "load"
	reasonOtherServer = "otherServer"
)

// against says why an automatic job may not sample now: StatePaused, or StateDeferred
// with a reason. The reason is "" when nothing is against it.
func (s *server) against(j *job) (State, string) {
	s.mu.Lock()
	paused, resumed := s.paused, s.resumed
	set := j.folder.settings
	s.mu.Unlock()
	if paused {
		return StatePaused, reasonPaused
	}
	if resumed {
		return StateReady, ""
	}
	m := s.o.Machine()
	switch {
	case m.OnBattery && set.OnBattery == "defer":
		return StateDeferred, reasonBattery
	case set.MaxLoad > 0 && m.Load > set.MaxLoad:
		return StateDeferred, reasonLoad
	}
	return StateReady, ""
}

// thisMachine looks at /sys and /proc. What is not there speaks against nothing.
func thisMachine() Machine {
	return Machine{OnBattery: onBattery("/sys/class/power_supply"), Load: loadPerCore("/proc/loadavg")}
}

// onBattery says whether a battery is discharging and no mains supply is online. dir has
// one folder per supply, as Linux's power_supply class does.
func onBattery(dir string) bool {
	supplies, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	discharging := false
	for _, s := range supplies {
		read := func(name string) string {
			data, err := os.ReadFile(filepath.Join(dir, s.Name(), name))
			if err != nil {
				return ""
			}
			return strings.TrimSpace(string(data))
		}
		switch read("type") {
		case "Mains", "USB":
			if read("online") == "1" {
				return false
			}
		case "Battery":
			if read("scope") != "Device" && read("status") == "Discharging" { // a mouse's battery is not the machine's
				discharging = true
			}
		}
	}
	return discharging
}

// loadPerCore is the first number of a file in the form of /proc/loadavg, per core.
func loadPerCore(path string) float64 {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(data), " ")
	load, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return load / float64(runtime.NumCPU())
}

// reasonText is a reason for people.
func reasonText(reason string) string {
	switch reason {
	case reasonBattery:
		return "on battery: automatic sampling waits"
	case reasonLoad:
		return "the machine is busy: automatic sampling waits"
	case reasonOtherServer:
		return "another editor's server is sampling"
	case reasonPaused:
		return "paused"
	}
	return fmt.Sprintf("waiting: %s", reason)
}
