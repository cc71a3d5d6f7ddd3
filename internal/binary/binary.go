// Package binary is the command, built for the tests that run it as a process.
package binary

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"

	_ "github.com/bulknum/bulknum/internal/cli" // what the command is made of: no result is kept for another one
)

// Run runs tests that find bulknum first in the PATH, built as they are: with the
// race detector, or counting what is covered. Their temporary folders are in memory,
// see [testextent.InMemory], and many go on at a time, see [testextent.Waiting]. It
// returns their exit code.
func Run(tests func() int) int {
	if err := testextent.Waiting(); err != nil {
		return failed(err)
	}
	return testextent.InMemory(func() int { return withCommand(tests) })
}

// withCommand builds the command and runs tests.
func withCommand(tests func() int) (code int) {
	dir, err := os.MkdirTemp("", "bulknum")
	if err != nil {
		return failed(err)
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			code = failed(err)
		}
	}()
	// What go run has linked it keeps, unlike go build: the next tests that want the command copy it.
	build := exec.CommandContext(context.Background(), "go", "run", "-exec=cp", "-buildvcs=false", "-ldflags=-s -w")
	build.Args = append(append(build.Args, likeTheTests()...), module, filepath.Join(dir, "bulknum"))
	if out, err := build.CombinedOutput(); err != nil {
		return failed(fmt.Errorf("%s: %w\n%s", build, err, out))
	}
	env := map[string]string{
		"PATH":       dir + string(os.PathListSeparator) + os.Getenv("PATH"),
		"GOCOVERDIR": flag.Lookup("test.gocoverdir").Value.String(), // of the tests
	}
	for name, value := range env {
		if err := os.Setenv(name, value); err != nil {
			return failed(err)
		}
	}
	return tests()
}

// module is that of the command, and of all it is made of.
const module = "github.com/bulknum/bulknum"

// likeTheTests are the flags of go build that the tests were built with.
func likeTheTests() (flags []string) {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "-race" || setting.Key == "-gcflags" {
			flags = append(flags, setting.Key+"="+setting.Value)
		}
	}
	if mode := testing.CoverMode(); mode != "" {
		flags = append(flags, "-covermode="+mode, "-coverpkg="+module+"/...")
	}
	return flags
}

// failed tells why there is nothing to test.
func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
