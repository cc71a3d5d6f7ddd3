// Package testextent is the extent of a test run: how often what is random is tried, and
// in which folder.
package testextent

import (
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Variable is the environment variable with how much the tests do of what they
// repeat, in percent of a full run: 10 unless it is set, see docs/testing.md.
const Variable = "TEST_PERCENT"

// Count is how often a test repeats what it does full times in a full run; once at
// least.
func Count(full int) int { return max(1, full*percent()/100) }

// Step is how far apart a test takes what is full apart in a full run; 1 at least.
func Step(full int) int { return max(1, full*100/percent()) }

// percent panics for what is no percentage: a typing error would make the tests
// see less than was asked for.
func percent() int {
	text := os.Getenv(Variable)
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		panic(fmt.Sprintf("%s=%s: want a number above 0", Variable, text))
	}
	return n
}

// Plain reports whether nobody has said how much is to be tried, or less than a tenth: somebody waits for the end, as a
// newcomer does, or the race detector makes all of it slow. What varies a main path is then left to make check, which
// says how much in each of its runs.
func Plain() bool { return !Given() || percent() < 10 }

// Given reports whether somebody has said how much is to be done.
func Given() bool { return os.Getenv(Variable) != "" }

// Spaced is how far apart a plain run takes what is one apart otherwise: the moments of a crash, for example.
func Spaced(step int) int {
	if Plain() {
		return step
	}
	return 1
}

// TurnVariable is the environment variable with which of the variants and scripts have their turn: 0/2 is half of them, and 1/2 the
// other half; all of them unless it is set.
const TurnVariable = "TEST_VARIANTS"

// Variant skips a test of what varies a main path in a plain run, and when it is the turn of others.
func Variant(t testing.TB) {
	t.Helper()
	if Plain() {
		t.Skipf("it varies what other tests try: make check runs it, as any %s does", Variable)
	}
	if !HasTurn(t.Name()) {
		t.Skip(OfOthers)
	}
}

// OfOthers is why what has no turn is skipped.
const OfOthers = "it is the turn of others: " + TurnVariable

// HasTurn reports whether a variant, or a script, is among those that have their turn. It panics for what is no turn, as
// percent does.
func HasTurn(name string) bool {
	turn := os.Getenv(TurnVariable)
	if turn == "" {
		return true
	}
	var of, parts uint32
	if _, err := fmt.Sscanf(turn, "%d/%d", &of, &parts); err != nil || of >= parts {
		panic(fmt.Sprintf("%s=%s: want two numbers, as in 0/2", TurnVariable, turn))
	}
	return crc32.ChecksumIEEE([]byte(name))%parts == of
}

// Timeout is the --timeout of a program that is to be killed: what may be under way then is waited for as long, in real
// time. A plain run has a machine to itself.
func Timeout() time.Duration {
	if !Given() {
		return time.Second
	}
	return 3 * time.Second
}

// Checks makes rapid draw Count(full) times from now on, unless the command line
// says how often.
func Checks(full int) error {
	return unlessGiven("rapid.checks", Count(full))
}

// Waiting makes 10 parallel tests go on at a time, unless the command line says how
// many: for tests that start processes and then wait for what those wait for, while
// a processor has nothing to do.
func Waiting() error { return unlessGiven("test.parallel", 10) }

// unlessGiven sets a flag that the command line does not have.
func unlessGiven(name string, value int) error {
	has := func(arg string) bool { return strings.HasPrefix(strings.TrimLeft(arg, "-"), name) }
	if slices.ContainsFunc(os.Args, has) {
		return nil
	}
	return flag.Set(name, strconv.Itoa(value))
}

// InMemory runs tests whose temporary folders are in memory, where a sync takes no
// time, and returns their exit code. They are where TMPDIR says if it is set, and on
// the disk if there is little memory for files, or none that may be written to. Garbage is collected a quarter as
// often, also by the processes that they start, which live for a moment: a fifth of
// what those compute is saved. Benchmarks have what users have.
func InMemory(tests func() int) (code int) {
	flag.Parse() //nolint:revive // those of go test, which parses them later
	if flag.Lookup("test.bench").Value.String() != "" {
		return tests()
	}
	if err := collectRarely(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	const variable = "TMPDIR"
	if os.Getenv(variable) != "" {
		return tests()
	}
	dir := room(memory)
	if dir == "" {
		return tests()
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	if err := os.Setenv(variable, dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return tests()
}

// room makes a folder in another one; "": that has too little space, or may not be written to, as in some containers.
func room(parent string) string {
	if free(parent) < enough {
		return ""
	}
	dir, err := os.MkdirTemp(parent, "bulknum-") // short: the path of a socket has a hundred bytes
	if err != nil {
		return ""
	}
	return dir
}

// GarbageVariable is the environment variable of Go's garbage collector.
const GarbageVariable = "GOGC"

// collectRarely lets garbage grow to 4 times of what is in use, unless the environment
// says how far.
func collectRarely() error {
	if os.Getenv(GarbageVariable) != "" {
		return nil
	}
	const percent = 400
	debug.SetGCPercent(percent)
	return os.Setenv(GarbageVariable, strconv.Itoa(percent))
}

const (
	// memory is the folder of Linux that is in memory.
	memory = "/dev/shm"
	// enough is the space, in bytes, that all tests have room in; a container often
	// has less.
	enough = 1 << 30
)
