package input_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/input/split"
)

// parts are what a file is split into, for the accounts acme and beta.
func parts(t interface {
	Helper()
	Context() context.Context
	Fatal(...any)
}, path string, o input.Options) (map[string]string, error) {
	t.Helper()
	made := map[string]*bytes.Buffer{}
	rows, err := split.File(t.Context(), path, split.Options{Input: o, Accounts: []string{"acme", "beta"}, Create: func(account string) (io.Writer, error) {
		made[account] = &bytes.Buffer{}
		return made[account], nil
	}})
	got := map[string]string{}
	for account, text := range made {
		got[account] = text.String()
	}
	if err == nil && len(rows) != len(got) {
		t.Fatal("of", len(got), "files", len(rows), "have rows")
	}
	return got, err
}

func TestFile(t *testing.T) {
	for name, test := range map[string]struct {
		file       string
		o          input.Options
		acme, beta string
	}{
		"rows keep their lines": {
			file: "Number,Account,VoiceEnabled\n+1,acme,on\n+2, beta ,off\n+3,acme,\n",
			acme: "Number,VoiceEnabled\n+1,on\n\n+3,\n", beta: "Number,VoiceEnabled\n\n+2,off\n",
		},
		"cells of several lines": {
			file: "Number;account;CnamLastName\r\n+1;acme;\"a\nb;\"\"c\"\"\"\r\n+2;beta;x\r\n+3;acme;y\r\n",
			acme: "Number;CnamLastName\n+1;\"a\nb;\"\"c\"\"\"\n\n+3;y\n", beta: "Number;CnamLastName\n\n\n+2;x\n",
		},
		"a line names the delimiter": {
			file: "sep=|\nAccount|Number\nbeta|+1\n", beta: "\nNumber\n+1\n",
		},
		"the column has another name": {
			file: "Number,Customer\n+1,acme\n", o: input.Options{Map: map[string]string{"Customer": "Account"}}, acme: "Number\n+1\n",
		},
		"the end is missing": {
			file: "Number,Account\n+1,acme\n+2,beta", acme: "Number\n+1\n", beta: "Number\n\n+2",
		},
		"blank rows": {
			file: "Number,Account\n,\n\n+1,acme\n", acme: "Number\n\n\n+1\n",
		},
		"a row of another width": {
			file: "Number,Account\n+1,acme,more\n", acme: "Number\n+1,more\n",
		},
		"objects": {
			file: `{"Number":"+1","Account":"acme","VoiceEnabled":true}` + "\n\n" + `{"Account":"beta","Number":"+2","CnamLastName":"ä\"<"}` + "\n",
			acme: `{"Number":"+1","VoiceEnabled":true}` + "\n", beta: "\n\n" + `{"Number":"+2","CnamLastName":"ä\"<"}` + "\n",
		},
	} {
		path := filepath.Join(t.TempDir(), "all")
		if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := parts(t, path, test.o)
		if err != nil || got["acme"] != test.acme || got["beta"] != test.beta {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// What does not say whose it is refuses the whole file, with every mistake.
func TestRefused(t *testing.T) {
	for name, test := range map[string]struct{ file, want string }{
		"no column":       {"Number\n+1\n", "one column Account"},
		"two columns":     {"Account,Number,account\nacme,+1,beta\n", "one column Account"},
		"another account": {"Number,Account\n+1,acme\n+2,akme\n+3,\n", `line 3: Account "akme": there is no such account`},
		"no account":      {"Number,Account\n+1,acme\n+2,  \n", "line 3: Account: the row does not say whose it is"},
		"a short row":     {"Number,Account\n+1\n", "does not say whose it is"},
		"an open quote":   {"Number,Account\n\"+1,acme\n", "line 2: the row cannot be taken apart"},
		"no object":       {`{"Number":"+1","Account":"acme"}` + "\n[1]\n", "line 2: the line cannot be taken apart"},
		"given twice":     {`{"Account":"acme","Account":"beta"}`, "given twice"},
		"a number":        {`{"Account":1}`, "not a text"},
		"two objects":     {`{"Account":"acme"} {}`, "after the object"},
		"nothing":         {"", "one column Account"},
	} {
		path := filepath.Join(t.TempDir(), "all")
		if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := parts(t, path, input.Options{})
		if refused, is := errors.AsType[*input.FileError](err); !is || !strings.Contains(fmt.Sprint(refused.Problems), test.want) {
			t.Errorf("%s: %v (%T)", name, err, refused)
		}
	}
}

// The rows of each account are read with the same lines and cells as they have in the whole file, however many of others
// stand between.
func TestLines(t *testing.T) {
	dir := t.TempDir()
	path, part := filepath.Join(dir, "all.csv"), filepath.Join(dir, "part.csv")
	rapid.Check(t, func(t *rapid.T) {
		var whole strings.Builder
		whole.WriteString("Number,CnamFirstName,Account\n")
		want := map[string][]string{}
		line := 2
		for n := range rapid.IntRange(1, 8).Draw(t, "rows") {
			account := rapid.SampledFrom([]string{"acme", "beta"}).Draw(t, "account")
			name := rapid.SampledFrom([]string{"", "Bob's", "a \"b\"", "x,y"}).Draw(t, "name")
			number := fmt.Sprintf("+1801555%04d", n)
			fmt.Fprintf(&whole, "%s,\"%s\",%s\n", number, strings.ReplaceAll(name, `"`, `""`), account)
			want[account] = append(want[account], fmt.Sprintf("%d %s", line, number))
			line++
			if rapid.Bool().Draw(t, "far") {
				gap := rapid.SampledFrom([]int{1, 2, 3, 4100}).Draw(t, "gap")
				whole.WriteString(strings.Repeat("\n", gap))
				line += gap
			}
		}
		if err := os.WriteFile(path, []byte(whole.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := parts(t, path, input.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for account, text := range got {
			if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := input.Check(t.Context(), part, input.Options{}, func(input.Problem) {})
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for row, err := range file.Rows(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				rows = append(rows, fmt.Sprintf("%d %s", row.Line, row.Number))
			}
			if fmt.Sprint(rows) != fmt.Sprint(want[account]) {
				t.Fatalf("%s has %v, want %v", account, rows, want[account])
			}
		}
	})
}
