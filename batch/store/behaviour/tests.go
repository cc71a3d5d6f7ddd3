package behaviour

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

func aRunIsReadAsItWasEntered(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	run := NewRun(t, s, a, "one")
	if run.Account.Key != "key" || run.Account.API != api || run.Input.SHA256 == "" || run.Input.Bytes != 20 || run.StartedAt != At(0) {
		t.Errorf("got %+v", run)
	}
	var input bytes.Buffer
	Must(t, s.Input(t.Context(), run.ID, &input))
	if input.String() != "Number\n+12025550100\n" {
		t.Errorf("the input is %q", input.String())
	}
	_, err := s.NewRun(t.Context(), store.NewRun{Name: "one", Account: a.ID, Source: strings.NewReader("")})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("a second run of the name: %v", err)
	}
	for _, name := range []string{"", ".", "..", "../one", "/one", "a/b"} {
		if _, err := s.NewRun(t.Context(), store.NewRun{Name: name, Account: a.ID, Source: strings.NewReader("")}); err == nil {
			t.Errorf("%q was taken for the name of a folder", name)
		}
	}
	Must(t, s.Append(run.ID, &store.Readings{Readings: []store.Reading{{At: At(1), Number: Number(2), State: &settings.State{}}}}))
	plan := &store.PlanBlock{First: true, Rows: []store.PlanLine{{Line: 2, Number: Number(2), Doc: []byte(`{"a":1}`)}, {Line: 3, Number: "bad", Doc: []byte(`{"a":2}`)}}}
	Must(t, s.Append(run.ID, plan, &store.Milestone{Kind: store.Planned, At: At(2), Doc: json.RawMessage(`{"rows":2}`), Waves: map[int]int{2: 1, 3: 2}}))
	Sent(t, s, run.ID, 2, result.Updated)
	Must(t, s.Append(run.ID, Intent(3), &store.Requests{Requests: []store.Request{{At: At(3), Doc: json.RawMessage(`{"x":1}`)}}},
		&store.Verified{Line: 2, Number: Number(2), Status: "in_sync", Doc: json.RawMessage(`{}`)}, &store.Skipped{Line: 9, Number: Number(9)}))
	Must(t, s.Close())

	s = Open(t, p)
	again, err := s.Run(t.Context(), "one")
	Must(t, err)
	if diff := cmp.Diff(run, again); diff != "" {
		t.Error(diff)
	}
	if got := Texts(List(t, s.PlanRows(t.Context(), run.ID))); !cmp.Equal(got, []string{`{"a":1}`, `{"a":2}`}) {
		t.Errorf("the plan is %v", got)
	}
	if of := List(t, s.PlanRowsOf(t.Context(), store.RunFilter{Account: a.ID}, "bad")); len(of) != 1 || string(of[0].Row) != `{"a":2}` || of[0].Run.Name != "one" {
		t.Errorf("rows of the number: %v", of)
	}
	if waves, err := s.WaveOf(t.Context(), run.ID); err != nil || !cmp.Equal(waves, map[int]int{2: 1, 3: 2}) {
		t.Errorf("waves %v, %v", waves, err)
	}
	if kept := List(t, s.Readings(t.Context(), run.ID, nil)); len(kept) != 1 {
		t.Errorf("readings of a finished plan: %v", kept)
	}
	outcomes := List(t, s.Outcomes(t.Context(), run.ID))
	if want := []store.Outcome{{Line: 2, Status: result.Updated}, {Line: 3, Status: result.Unknown, Open: true}}; !cmp.Equal(outcomes, want) {
		t.Errorf("outcomes %v", outcomes)
	}
	writes := List(t, s.Writes(t.Context(), store.WriteFilter{Account: a.ID}))
	if len(writes) != 2 || writes[0].Status != result.Updated || writes[1].Status != result.Unknown || !cmp.Equal(writes[0].Changes, Changes("MRID-b")) {
		t.Errorf("writes %+v", writes)
	}
	if results, err := s.Results(t.Context(), run.ID, 0, 100); err != nil || len(results) != 1 || results[0].Result != Done(2, result.Updated).Result {
		t.Errorf("results %+v, %v", results, err)
	}
	if v := List(t, s.Verified(t.Context(), run.ID)); len(v) != 1 || v[0].Status != "in_sync" {
		t.Errorf("verified %v", v)
	}
	if k, err := s.Skipped(t.Context(), run.ID); err != nil || len(k) != 1 || k[0].Line != 9 {
		t.Errorf("skipped %v, %v", k, err)
	}
	if r := List(t, s.Requests(t.Context(), run.ID)); len(r) != 1 || string(r[0].Doc) != `{"x":1}` {
		t.Errorf("requests %v", r)
	}
	if m, err := s.Milestones(t.Context(), run.ID); err != nil || len(m) != 1 || m[0].Kind != store.Planned {
		t.Errorf("milestones %v, %v", m, err)
	}
	report, err := s.Check(t.Context())
	Must(t, err)
	if len(report.Faults) > 0 || report.Runs != 1 {
		t.Errorf("the check says %+v", report)
	}
	Must(t, s.Delete(t.Context(), run.ID))
	if _, err := s.Run(t.Context(), "one"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted run: %v", err)
	}
}

func aReaderSeesWhatAWriterCommits(t *testing.T, p Place) {
	s := Open(t, p)
	run := NewRun(t, s, Account(t, s, "key"), "one")
	reader := openAs(t, p, true)
	if reader.ID() != s.ID() || reader.Place() != s.Place() {
		t.Errorf("%s in %s", reader.ID(), reader.Place())
	}
	for line := 2; line < 5; line++ {
		Sent(t, s, run.ID, line, result.Updated)
		if n := len(List(t, reader.Outcomes(t.Context(), run.ID))); n != line-1 {
			t.Errorf("%d outcomes, want %d", n, line-1)
		}
	}
	if _, err := reader.NewRun(t.Context(), store.NewRun{Name: "two", Source: strings.NewReader("")}); err == nil {
		t.Error("a reader enters a run")
	}
}

func anInputThatNeverComesIsNotWaitedFor(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	ctx, cancel := context.WithCancel(t.Context())
	source, never := io.Pipe()
	defer never.Close()
	go cancel()
	if _, err := s.NewRun(ctx, store.NewRun{Name: "one", Account: a.ID, Source: source}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	report, err := s.Check(t.Context())
	Must(t, err)
	if report.Runs != 0 {
		t.Errorf("%+v", report)
	}
}

func anInputThatChangedIsRefused(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	_, err := s.NewRun(t.Context(), store.NewRun{Name: "one", Account: a.ID, Input: store.Input{SHA256: strings.Repeat("0", 64)}, Source: strings.NewReader("a")})
	if err == nil {
		t.Error("it was taken")
	}
}

func whatIsUnprotectedStaysSo(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	cutover, err := s.NewRun(t.Context(), store.NewRun{Name: "cutover", Account: a.ID, Cutover: true, Source: strings.NewReader("")})
	Must(t, err)
	other := NewRun(t, s, a, "other")
	Must(t, s.Append(other.ID, &store.Unprotected{Cutover: cutover.ID, At: At(1)}))
	Must(t, s.Delete(t.Context(), other.ID))
	runs, err := s.Runs(t.Context(), store.RunFilter{Cutovers: true})
	Must(t, err)
	if len(runs) != 1 || !runs[0].Unprotected {
		t.Errorf("%+v", runs)
	}
}

// anyNumbersCanBeAskedFor asks for more numbers at once than a query of either database has parameters.
func anyNumbersCanBeAskedFor(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	run := NewRun(t, s, a, "one")
	lock, err := s.Lock(t.Context(), a, store.Myself("", "test"), 0)
	Must(t, err)
	defer lock.Release()
	Must(t, s.Append(run.ID, Intent(2), Intent(3)))
	const parameters = 65_535
	asked := make([]string, parameters+1)
	for i := range asked {
		asked[i] = Number(3 + i)
	}
	var found []string
	for w, err := range s.Writes(t.Context(), store.WriteFilter{Account: a.ID, Numbers: asked}) {
		Must(t, err)
		found = append(found, w.Number)
	}
	if !slices.Equal(found, []string{Number(3)}) {
		t.Errorf("got %q", found)
	}
}

func keysOfOneAccountShareItsLock(t *testing.T, p Place) {
	s, other := Open(t, p), Open(t, p)
	a, err := s.Account(t.Context(), api, "key a")
	Must(t, err)
	first, err := s.Lock(t.Context(), a, store.Myself("", "first"), 0)
	Must(t, err)
	a, err = s.NameAccount(t.Context(), a, "ACC-1")
	Must(t, err)
	named, err := s.Lock(t.Context(), a, store.Myself("", "first"), 0)
	Must(t, err)
	b, err := other.Account(t.Context(), api, "key b")
	Must(t, err)
	mine, err := other.Lock(t.Context(), b, store.Myself("", "second"), 0)
	Must(t, err)
	b, err = other.NameAccount(t.Context(), b, "ACC-1")
	Must(t, err)
	if b.ID != a.ID || b.Key != "key b" {
		t.Errorf("%+v and %+v are two accounts", a, b)
	}
	if refused := locked(t, other, b); refused.Holder.Command != "first" {
		t.Errorf("the holder is %+v", refused.Holder)
	}
	Must(t, mine.Held()) // still that of the key
	first.Release()
	locked(t, other, b)
	Must(t, named.Held())
	named.Release()
	again, err := other.Lock(t.Context(), b, store.Myself("", ""), 0)
	Must(t, err)
	again.Release()
	mine.Release()
}

func aRunIsCarriedOutByOne(t *testing.T, p Place) {
	s := Open(t, p)
	run := NewRun(t, s, Account(t, s, "key"), "one")
	if h, ok := s.Holder(run.ID); ok {
		t.Errorf("%+v has it", h)
	}
	lock, err := s.LockRun(t.Context(), run.ID, store.Myself("", "bulknum apply"), 0)
	Must(t, err)
	lock.Tell(store.Myself("", "bulknum resume"))
	other := Open(t, p)
	if h, ok := other.Holder(run.ID); !ok || h.PID != os.Getpid() || h.Command != "bulknum resume" {
		t.Errorf("%+v has it", h)
	}
	for _, of := range []store.Store{s, other} {
		_, err := of.LockRun(t.Context(), run.ID, store.Myself("", ""), 0)
		if held, is := errors.AsType[*store.LockedError](err); !is || held.Holder.Command != "bulknum resume" {
			t.Errorf("%v: two have it", err)
		}
	}
	Must(t, lock.Held())
	lock.Release()
	if _, ok := other.Holder(run.ID); ok {
		t.Error("it was not let go")
	}
}

func twoAccountsThatTurnOutToBeOne(t *testing.T, p Place) {
	s := Open(t, p)
	a, b := Account(t, s, "key a"), Account(t, s, "key b")
	one, two := NewRun(t, s, a, "one"), NewRun(t, s, b, "two")
	Sent(t, s, one.ID, 2, result.Updated)
	Sent(t, s, two.ID, 2, result.Failed)
	_, err := s.NameAccount(t.Context(), a, "ACC-1")
	Must(t, err)
	now, err := s.NameAccount(t.Context(), b, "ACC-1")
	Must(t, err)
	if now.ID != a.ID || now.Name != "ACC-1" {
		t.Errorf("got %+v", now)
	}
	Sent(t, s, two.ID, 3, result.Pending) // by who knows it by its old number
	for _, id := range []store.AccountID{a.ID, b.ID} {
		runs, err := s.Runs(t.Context(), store.RunFilter{Account: id})
		Must(t, err)
		if len(runs) != 2 || runs[0].Account.Key != "key b" || runs[1].Account.Key != "key a" || runs[0].Account.Name != "ACC-1" {
			t.Errorf("runs %+v", runs)
		}
		if writes := List(t, s.Writes(t.Context(), store.WriteFilter{Account: id})); len(writes) != 3 {
			t.Errorf("writes %+v", writes)
		}
	}
	third := NewRun(t, s, b, "three")
	if !third.Account.Same(now) {
		t.Errorf("a run of %+v", third.Account)
	}
	other, err := s.NameAccount(t.Context(), now, "ACC-2") // the key is another's now
	Must(t, err)
	if other.ID == now.ID {
		t.Error("a key that went to another account takes the runs with it")
	}
}

func oneBadRecordDoesNotFailItsNeighbours(t *testing.T, p Place) {
	s := Open(t, p)
	run := NewRun(t, s, Account(t, s, "key"), "one")
	var group sync.WaitGroup
	for line := 2; line < 66; line++ {
		group.Go(func() {
			if err := s.Append(run.ID, Intent(line)); err != nil {
				t.Error(err)
			}
			if line%8 == 0 {
				if err := s.Append(run.ID+1, Intent(line)); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("of no run: %v", err)
				}
			}
		})
	}
	group.Wait()
	writes := List(t, s.Writes(t.Context(), store.WriteFilter{Run: run.ID}))
	seen := map[store.Sequence]bool{}
	for _, w := range writes {
		seen[w.Intent] = true
	}
	if len(seen) != 64 {
		t.Errorf("%d writes", len(seen))
	}
	for n := run.Sequence + 1; n <= run.Sequence+64; n++ {
		if !seen[n] {
			t.Errorf("number %d was left out", n)
		}
	}
}

func nothingIsAppendedAfterClose(t *testing.T, p Place) {
	s := Open(t, p)
	run := NewRun(t, s, Account(t, s, "key"), "one")
	Must(t, s.Close())
	if _, ok := errors.AsType[*store.BrokenError](s.Append(run.ID, Intent(2))); !ok {
		t.Error("it was")
	}
}

func aCancelledContextStopsNoRecord(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	ctx, cancel := context.WithCancel(t.Context())
	run := NewRun(t, s, a, "one")
	cancel()
	if _, err := s.Runs(ctx, store.RunFilter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a reading: %v", err)
	}
	Must(t, s.Append(run.ID, &store.Milestone{Kind: store.Ended, At: At(1), Doc: json.RawMessage(`{}`)}))
}

// locked makes sure that an account is somebody else's.
func locked(t *testing.T, s Store, a store.Account) *store.LockedError {
	t.Helper()
	_, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	refused, ok := errors.AsType[*store.LockedError](err)
	if !ok {
		t.Fatalf("got %v, want a LockedError", err)
	}
	return refused
}
