package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// usage is what a process, or some one after the other, took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes in memory at most
}

// and is two processes, one after the other.
func (u usage) and(next usage) usage {
	return usage{wall: u.wall + next.wall, cpu: u.cpu + next.cpu, peak: max(u.peak, next.peak)}
}

// perSecond is how many of n things a second are done.
func (u usage) perSecond(n int) float64 { return float64(n) / u.wall.Seconds() }

// perThousand is the seconds of processors for a thousand of n things.
func (u usage) perThousand(n int) float64 { return u.cpu.Seconds() / float64(n) * 1000 }

// mebibytes is the peak of memory.
func (u usage) mebibytes() float64 { return float64(u.peak) / (1 << 20) }

// of is the usage for n rows.
func (u usage) of(n int) string {
	return fmt.Sprintf("%.0f rows/s, %.3f CPU s/1,000, %.0f MiB", u.perSecond(n), u.perThousand(n), u.mebibytes())
}

// run runs a command to its end. What it prints goes to out; "": nowhere. Its environment is added to ours.
func (b *bench) run(out string, env []string, name string, args ...string) (usage, error) {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // what the bench itself names; interrupted with it
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), env...)
	errors, err := os.CreateTemp(b.dir, "errors")
	if err != nil {
		return usage{}, err
	}
	defer errors.Close()
	cmd.Stderr = errors
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return usage{}, err
		}
		defer f.Close()
		cmd.Stdout = f
	}
	began := time.Now()
	err = cmd.Run()
	u := usage{wall: time.Since(began)}
	if err != nil {
		said, _ := os.ReadFile(errors.Name())
		return u, fmt.Errorf("%s %v: %w\n%s", name, args, err, said)
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.peak = r.Maxrss << 10 // Linux counts KiB
	}
	return u, nil
}

// peerVariable names, in the environment, the peer that this program is for once.
const peerVariable = "BENCH_PEER"

// peers are those that are part of this program, each a process of its own when it is measured.
var peers = map[string]func(args []string) error{
	"loop":  loop,
	"gocsv": readGocsv, "encoding/csv": readCSV, "encoding/json": readJSON,
}

// peer runs one of them.
func (b *bench) peer(name string, args ...string) (usage, error) {
	self, err := os.Executable()
	if err != nil {
		return usage{}, err
	}
	return b.run("", []string{peerVariable + "=" + name}, self, args...)
}
