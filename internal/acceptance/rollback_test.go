package acceptance

import (
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// What somebody changes in the course of a run before its wave is not overwritten,
// and what somebody changes after it is named by verify and skipped by
// rollback; also when the run stops for it and goes on.
func TestWhatOthersChangeIsTheirs(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	const n = 60
	before, after := []int{10, 29, 30, 44, 59}, []int{0, 9, 15, 28, 35}
	for name, stops := range map[string]bool{"let pass": false, "gone on with": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperator(t, sandbox.Config{Numbers: n})
			file, exported := o.alike(n), o.export()
			meddle := func(rows []int) { // once the first of these rows' waves has begun
				for _, i := range rows {
					o.meddle(i, "MRID-theirs")
				}
			}
			o.watch(firstOf(map[string]func(){
				o.listed(2):  func() { meddle(before) },    // of the first wave: those of later ones were read
				o.listed(50): func() { meddle(after[:4]) }, // of the third wave: the others have ended
			}))
			apply := []string{"apply", file, "--yes", "--max-changes", "100%", "--waves", "10,30,100%", "--recheck", "0s", "--run", "one"}
			if stops {
				o.bulknum(6, apply...)
				o.bulknum(5, "resume", "one", "--yes", "--recheck", "0s", "--wave-failures", "3")
			} else {
				o.bulknum(5, append(apply, "--wave-failures", "3")...)
			}
			meddle(after[4:])
			verified := o.bulknum(2, "verify", "one", "--detailed-exitcode").stdout.String()
			o.bulknum(5, "rollback", "one", "--yes", "--run", "back")

			o.wantNamed(verified, after)
			o.wantTheirs(exported, before, after)
		})
	}
}

// wantNamed wants verify to have named these numbers, and no other.
func (o *operator) wantNamed(verified string, theirs []int) {
	o.t.Helper()
	if named := strings.Count(verified, "! +"); named != len(theirs) {
		o.t.Errorf("%d numbers are named", named)
	}
	for _, i := range theirs {
		if !strings.Contains(verified, "! "+o.listed(i)+" ") {
			o.t.Errorf("row %d is not named in\n%s", i+1, verified)
		}
	}
}

// wantTheirs wants what somebody else changed before the rows of run one were
// sent, and after that, to be as they left it, and the rest as it was exported.
func (o *operator) wantTheirs(exported string, before, after []int) {
	o.t.Helper()
	sent, back := o.statuses("one"), o.statuses("back")
	lines, were := strings.Split(o.export(), "\n"), strings.Split(exported, "\n")
	for i := range len(sent) {
		number, wantSent, wantBack := o.listed(i), "updated", "updated"
		theirs := true
		switch {
		case slices.Contains(before, i):
			wantSent, wantBack = "conflict", "" // it is nothing to be rolled back
		case slices.Contains(after, i):
			wantBack = "conflict"
		default:
			theirs = false
		}
		if sent[number] != wantSent || back[number] != wantBack {
			o.t.Errorf("row %d ended %q, and was rolled back with %q", i+1, sent[number], back[number])
		}
		if theirs && o.routeOf(i) != "MRID-theirs" || !theirs && lines[i+1] != were[i+1] {
			o.t.Errorf("row %d has %s, and had %s", i+1, lines[i+1], were[i+1])
		}
	}
}

// firstOf calls a function when the first update of a number is seen.
func firstOf(then map[string]func()) func(sandbox.Seen) {
	return func(s sandbox.Seen) {
		if do, ok := then[s.Number]; ok && s.Endpoint == sandbox.Update {
			delete(then, s.Number)
			do()
		}
	}
}

// A cutover of which one kind of row is refused, wherever in the file, stops
// after its first wave, and what that has sent is rolled back: the inventory is
// what it was, byte for byte.
func TestACutoverThatFailsIsRolledBack(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	const n, locked = 600, "MRID-locked"
	for name, isLocked := range map[string]func(i int) bool{ // 18 of them
		"spread":     func(i int) bool { return i%33 == 32 },
		"at the end": func(i int) bool { return i >= n-18 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
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
				t.Errorf("of %v there were rolled back %v", counts, back)
			}
			if o.export() != before {
				t.Error("the inventory is not what it was")
			}
		})
	}
}
