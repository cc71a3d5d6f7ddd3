package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/store"
)

// However an address is spelled, what reaches the same is one API.
func TestPlainAPI(t *testing.T) {
	for api, want := range map[string]string{
		"https://api.example.com":             "https://api.example.com",
		"https://api.example.com/":            "https://api.example.com",
		"https://api.example.com/v1.0":        "https://api.example.com",
		"https://api.example.com/v1.0/":       "https://api.example.com",
		"https://api.example.com//":           "https://api.example.com",
		"https://API.Example.COM./v1.0":       "https://api.example.com",
		"HTTPS://api.example.com:443/v1.0/":   "https://api.example.com",
		"http://api.example.com:80":           "http://api.example.com",
		" https://api.example.com ":           "https://api.example.com",
		"https://api.example.com:":            "https://api.example.com",
		"http://api.example.com":              "http://api.example.com",
		"http://api.example.com:443":          "http://api.example.com:443",
		"https://api.example.com:8443/v1.0":   "https://api.example.com:8443",
		"https://api.example.com/other/v1.0":  "https://api.example.com/other",
		"https://api.example.com/Other":       "https://api.example.com/Other",
		"https://api.example.com/v1.0/other":  "https://api.example.com/v1.0/other",
		"https://api.example.com/other%2Fv1/": "https://api.example.com/other%2Fv1",
		"http://[::1]:80/v1.0":                "http://[::1]",
		"http://[::1]:8080":                   "http://[::1]:8080",
		"api.example.com":                     "api.example.com",
		"":                                    "",
	} {
		if got := store.PlainAPI(api); got != want {
			t.Errorf("%q is %q, want %q", api, got, want)
		}
	}
}

// What is plain stays as it is.
func TestPlainAPIIsPlain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		api := rapid.OneOf(
			rapid.String(),
			rapid.StringMatching(`https?://[A-Za-z.]{1,8}(:(80|443|8080)?)?(/v1\.0|/a%2f|/|/v1){0,4}`),
		).Draw(t, "api")
		plain := store.PlainAPI(api)
		if again := store.PlainAPI(plain); again != plain {
			t.Fatalf("%q is %q, and that %q", api, plain, again)
		}
	})
}

func TestAnAccountIsCalledByItsNameOrItsKey(t *testing.T) {
	a := store.Account{ID: 1, Key: "DID-1"}
	if got := a.String(); got != "DID-1" {
		t.Errorf("got %s", got)
	}
	a.Name = "AID-1"
	if got := a.String(); got != "AID-1" {
		t.Errorf("got %s", got)
	}
	if !a.Same(store.Account{ID: 1, Key: "DID-2"}) || a.Same(store.Account{ID: 2, Key: "DID-1", Name: "AID-1"}) {
		t.Error("accounts are told apart by something else than their number")
	}
}

// The errors say what there is to know.
func TestErrors(t *testing.T) {
	full := errors.New("no space left on device")
	for want, err := range map[string]error{
		"the store runs/bulknum.db is missing":                                                       &store.RefusedError{Place: "runs/bulknum.db", Why: "is missing"},
		"the store runs/bulknum.db cannot take any more: no space left on device":                    &store.BrokenError{Place: "runs/bulknum.db", Err: full},
		"the store runs/bulknum.db is damaged: run a: the result of line 7 is not as it was written": &store.DamagedError{Place: "runs/bulknum.db", Run: "a", What: "the result of line 7"},
		"account.lock is locked by a process that has not said who it is":                            &store.LockedError{Path: "account.lock"},
		"the store runs/bulknum.db cannot be opened: no space left on device":                        &store.RefusedError{Place: "runs/bulknum.db", Why: "cannot be opened", Err: full},
		"locked by pid 7 on host since 2026-11-23 03:00:00 UTC, bulknum apply, run runs/a":           lockedBy(7),
	} {
		if got := err.Error(); !strings.Contains(zone.Replace(got), want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !errors.Is(&store.BrokenError{Err: full}, full) || !errors.Is(fmt.Errorf("x: %w", &store.RefusedError{Err: full}), full) {
		t.Error("the reason is lost")
	}
}

// zone makes the moment of lockedBy that of UTC.
var zone = strings.NewReplacer(moment.Local().Format("2006-01-02 15:04:05 MST"), moment.Format("2006-01-02 15:04:05 MST"))

var moment = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

func lockedBy(pid int) error {
	return &store.LockedError{Holder: store.Holder{PID: pid, Host: "host", Since: moment, Command: "bulknum apply", Run: "runs/a"}}
}
