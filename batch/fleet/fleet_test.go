package fleet_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/fleet"
)

// begun are the accounts whose work began, and when, in seconds.
func begun(t *testing.T, accounts []string, o fleet.Options, codes map[string]int) ([]string, []fleet.Outcome) {
	t.Helper()
	var mu sync.Mutex
	var order []string
	var outcomes []fleet.Outcome
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		outcomes = fleet.Work(t.Context(), accounts, o, func(_ context.Context, account string) fleet.Outcome {
			mu.Lock()
			order = append(order, fmt.Sprintf("%02.0f %s", time.Since(start).Seconds(), account))
			mu.Unlock()
			time.Sleep(10 * time.Second)
			return fleet.Outcome{ExitCode: codes[account]}
		})
	})
	slices.Sort(order)
	return order, outcomes
}

func TestWork(t *testing.T) {
	accounts := []string{"a", "b", "c", "d"}
	for _, test := range []struct {
		name  string
		o     fleet.Options
		codes map[string]int
		want  []string
	}{
		{"all at once", fleet.Options{}, nil, []string{"00 a", "00 b", "00 c", "00 d"}},
		{"two at a time", fleet.Options{Parallel: 2}, nil, []string{"00 a", "00 b", "10 c", "10 d"}},
		{"some go ahead", fleet.Options{First: []string{"c"}}, nil, []string{"00 c", "10 a", "10 b", "10 d"}},
		{"a failure stops", fleet.Options{First: []string{"c", "d"}}, map[string]int{"c": 6}, []string{"00 c", "00 d"}},
		{"changes are no failure", fleet.Options{First: []string{"c"}}, map[string]int{"c": 2}, []string{"00 c", "10 a", "10 b", "10 d"}},
		{"a failure does not stop", fleet.Options{First: []string{"c"}, GoOn: true}, map[string]int{"c": 6}, []string{"00 c", "10 a", "10 b", "10 d"}},
	} {
		order, outcomes := begun(t, accounts, test.o, test.codes)
		if d := cmp.Diff(test.want, order); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
		for i, o := range outcomes {
			if o.Account != accounts[i] || o.ExitCode != test.codes[o.Account] || o.Begun == (o.Why != "") {
				t.Errorf("%s: %+v", test.name, o)
			}
		}
	}
}

// Once it is interrupted no further account begins.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	outcomes := fleet.Work(ctx, []string{"a", "b"}, fleet.Options{Parallel: 1}, func(context.Context, string) fleet.Outcome {
		cancel()
		return fleet.Outcome{}
	})
	if n := slices.IndexFunc(outcomes, func(o fleet.Outcome) bool { return !o.Begun }); n < 0 || outcomes[n].Why == "" || !outcomes[1-n].Begun {
		t.Errorf("%+v", outcomes)
	}
}

func TestWorst(t *testing.T) {
	for _, test := range []struct {
		codes []int
		want  int
	}{
		{nil, 0},
		{[]int{0, 0}, 0},
		{[]int{0, 2, 5}, 5},
		{[]int{5, 4, 6}, 6},
		{[]int{6, 7, 0}, 7},
		{[]int{7, 143}, 143},
		{[]int{143, 8}, 8},
		{[]int{8, 3, 64}, 64},
		{[]int{64, 1}, 1},
		{[]int{7, 99}, 99},
	} {
		if got := fleet.Worst(test.codes); got != test.want {
			t.Errorf("of %v the worst is %d, want %d", test.codes, got, test.want)
		}
	}
}
