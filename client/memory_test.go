//go:build linux && !race

// The race detector takes a multiple of what is measured here.

package client_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

// asMany is as many of an item as go into the 32 MiB that are read of a page.
func asMany(item string) string { return strings.Repeat(item, (32<<20-100)/len(item)) }

// million is a million of what is made of a number.
func million(format string) string {
	var all bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&all, format, i)
	}
	return all.String()
}

// tinyPages make pages of the inventory that are as long as one can be.
var tinyPages = map[string]func() string{
	"numbers":            func() string { return `{"PhoneNumbers":[` + million(`{"Number":"+1801%07d"},`) + `{}]}` },
	"objects":            func() string { return `{"PhoneNumbers":[` + asMany("{},") + `{}]}` },
	"numerals":           func() string { return `{"PhoneNumbers":[` + asMany("1,") + `1]}` },
	"remarks":            func() string { return `{"Errors":{"a":[` + asMany(`"",`) + `1]}}` },
	"fields":             func() string { return `{` + million(`"f%d":{},`) + `"PhoneNumbers":[]}` },
	"fields of a record": func() string { return `{"PhoneNumbers":[{` + million(`"f%d":{},`) + `"Number":"1"}]}` },
}

// A page of the inventory takes 300 MiB at most, whatever it is made of: of a million numbers, it is refused. The peak is
// that of a process of its own, as the system has measured it.
func TestAPageTakesLittleMemory(t *testing.T) {
	testextent.Variant(t)
	if url := os.Getenv("INVENTORY_OF"); url != "" {
		for page, err := range newClient(t, given(url)).Inventory(t.Context(), 1) {
			fmt.Println("outcome:", len(page.Numbers), page.Unnamed, err)
			break
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(string(status))
		return
	}
	for name, page := range tinyPages {
		if name != "numbers" && testextent.Plain() {
			continue
		}
		body := page()
		cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fmt.Fprint(w, body) }})
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
		child.Env = append(os.Environ(), "INVENTORY_OF="+cfg.BaseURL)
		said, err := child.CombinedOutput()
		peak := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(said)
		if err != nil || peak == nil {
			t.Fatalf("%s: %v: %s", name, err, said)
		}
		kilobytes, _ := strconv.Atoi(string(peak[1]))
		outcome := regexp.MustCompile(`outcome: .*`).FindString(string(said))
		t.Logf("%s: %d MiB, %s", name, kilobytes>>10, outcome)
		if kilobytes > 300<<10 {
			t.Errorf("%s: it takes %d MiB", name, kilobytes>>10)
		}
		if refused := strings.Contains(outcome, "more than 200000 records"); refused != (name == "numbers" || name == "objects" || name == "numerals") {
			t.Errorf("%s: %s", name, outcome)
		}
	}
}
