package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
)

// What somebody changed before its row was sent is not overwritten; what
// somebody changed after that is named by verify, and left alone by rollback.
func TestWhatOthersChangeIsTheirs(t *testing.T) {
	o := newOperator(t, sandbox.Config{Numbers: 60})
	file, before := o.cutover(60), o.export()
	for i := range 5 {
		o.meddle(i, "MRID-before")
	}
	o.bulknum(5, "apply", file, "--yes", "--max-changes", "100%", "--run", "one")
	for i := 5; i < 10; i++ {
		o.meddle(i, "MRID-after")
	}
	o.bulknum(2, "verify", "one", "--detailed-exitcode")
	o.bulknum(5, "rollback", "one", "--yes", "--run", "back")

	applied, verified, taken := o.results("one"), o.column("one", "verify.csv", "Verified"), o.results("back")
	if len(applied) != 60 || len(verified) != 55 || len(taken) != 55 {
		t.Fatalf("%d rows applied, %d verified, %d taken back", len(applied), len(verified), len(taken))
	}
	for i := range 60 {
		meddled, wanted := i < 5, "updated"
		if meddled {
			wanted = "conflict"
		}
		if got := applied[i]["Status"]; got != wanted {
			t.Errorf("row %d: %s, want %s", i+1, got, wanted)
		}
		if meddled {
			continue
		}
		wantVerified, wantTaken := "as_asked", "updated"
		if i < 10 {
			wantVerified, wantTaken = "drifted", "conflict"
		}
		if verified[i-5] != wantVerified || taken[i-5]["Status"] != wantTaken {
			t.Errorf("row %d: verified %s, taken back %s", i+1, verified[i-5], taken[i-5]["Status"])
		}
	}
	for i := range 10 {
		if got, want := o.routeOf(i), map[bool]string{true: "MRID-before", false: "MRID-after"}[i < 5]; got != want {
			t.Errorf("number %d has %s, want %s", i, got, want)
		}
	}
	after := strings.Split(o.export(), "\n")
	for i, line := range strings.Split(before, "\n") {
		if i > 10 && after[i] != line { // below the header and those of others
			t.Errorf("line %d: %s, and was %s", i+1, after[i], line)
		}
	}
}

// ofMany is how many numbers the inventory has of those whose machine is killed.
const ofMany = 200

// A cutover of which one kind of row is refused, wherever in the file, stops
// after its first wave, and what that has sent is taken back: the inventory is
// what it was, byte for byte.
func TestACutoverThatFailsIsTakenBack(t *testing.T) {
	const n, locked = 2000, "MRID-locked"
	for name, isLocked := range map[string]func(i int) bool{ // 60 of them
		"spread":     func(i int) bool { return i%33 == 32 },
		"at the end": func(i int) bool { return i >= n-60 },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t, sandbox.Config{Numbers: n, Judge: func(before, _ sandbox.Record) (v sandbox.Verdict) {
				if before.MessageRouteId == locked {
					v.Refuse = "this route is locked"
				}
				return v
			}})
			for i := range n {
				if isLocked(i) {
					o.change(i, func(rec *sandbox.Record) { rec.MessageRouteId, rec.Classification = locked, "P2P" })
				}
			}
			before := o.export()
			file := o.save("cutover.csv", o.bulknum(0, "export", "--set", "MessageRouteId=MRID-new").stdout.Bytes())
			o.bulknum(6, "apply", file, "--yes", "--max-changes", "100%", "--waves", "10,5%,25%,100%", "--run", "one")

			waves, counts := o.waves("one"), o.counts("one")
			sent := o.asked()
			if len(waves) != 1 || waves[0].Passed || waves[0].Rows > 40 || sent == 0 || sent > waves[0].Rows {
				t.Errorf("%d rows were sent, and the waves %+v ended", sent, waves)
			}
			if counts["failed"] != 1 || counts["updated"] != sent-1 || counts["not_attempted"] != n-sent {
				t.Errorf("%d rows were sent, and the run has %v", sent, counts)
			}
			if o.export() == before {
				t.Error("nothing was changed: the test tests nothing")
			}
			o.bulknum(0, "rollback", "one", "--yes", "--run", "back")
			if back := o.counts("back"); len(back) != 1 || back["updated"] != counts["updated"] {
				t.Errorf("of %v there were taken back %v", counts, back)
			}
			if o.export() != before {
				t.Error("the inventory is not what it was")
			}
		})
	}
}

// newCrash returns an operator of an inventory whose machine is killed, in the
// course of some sixty requests.
func newCrash(t *testing.T) *crash {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return &crash{
		operator: newOperator(t, sandbox.Config{Latency: 2 * time.Millisecond, Numbers: ofMany, PageSize: 10}),
		random:   rand.New(rand.NewPCG(seed, 0)), reach: 60,
	}
}

// A verification that is killed leaves the run as it was, and another one finds
// the same as one that was never killed.
func TestCrashOfAVerification(t *testing.T) {
	const kills = 3
	c := newCrash(t)
	c.bulknum(0, "apply", c.cutover(ofMany), "--yes", "--max-changes", "100%", "--run", "one")
	for i := 0; i < ofMany; i += 50 {
		c.meddle(i, "MRID-other")
	}
	journal := c.read("one", "journal.jsonl")
	for c.kills < kills {
		c.killed([]string{"verify", "one", "--read", "each", "-q"})
		c.bulknum(0, "report", "one", "--format", "csv")
	}
	c.bulknum(0, "verify", "one")
	if got := c.read("one", "journal.jsonl"); got != journal {
		t.Error("the run's journal has changed")
	}
	verified := c.column("one", "verify.csv", "Verified")
	if len(verified) != ofMany {
		t.Fatalf("verify.csv has %d rows", len(verified))
	}
	for i, got := range verified {
		if want := map[bool]string{true: "drifted", false: "as_asked"}[i%50 == 0]; got != want {
			t.Errorf("row %d is %s, want %s", i+1, got, want)
		}
	}
}

// A rollback that is killed, again and again, and resumed, ends as one that was
// never killed.
func TestCrashOfARollback(t *testing.T) {
	c := newCrash(t)
	before := c.export()
	c.bulknum(0, "apply", c.cutover(ofMany), "--yes", "--max-changes", "100%", "--run", "one")
	for {
		args := []string{"rollback", "one", "--run", "back"}
		if j := c.journal("back"); j.begun {
			args = []string{"resume", "back"}
		} else if err := os.RemoveAll(filepath.Join(c.dir, "runs", "back")); err != nil {
			t.Fatal(err)
		}
		if !c.killed(append(args, "--yes", "-q")) {
			break
		}
	}
	t.Logf("%d kills", c.kills)
	if c.export() != before {
		t.Error("the inventory is not what it was")
	}
	for _, row := range c.results("back") {
		if row["Status"] != "updated" {
			t.Errorf("%v", row)
		}
	}
}
