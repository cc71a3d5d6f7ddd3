package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bulknum/bulknum/batch/store"
)

// The executions of a run are told by its milestones. One that was cut off ends with its last
// answer, one that goes on now, and what is between them is no work.
func TestExecutions(t *testing.T) {
	at := func(minute int) (moment time.Time) {
		if minute > 0 {
			moment = time.Date(2026, 11, 23, 2, minute, 0, 0, time.UTC)
		}
		return moment
	}
	began := func(started, sends int) func(*store.Executions) {
		return func(e *store.Executions) { *e = e.Began(at(started), at(sends)) }
	}
	ended := func(minute int) func(*store.Executions) {
		return func(e *store.Executions) { e.Ended(at(minute)) }
	}
	answered := func(left, minute int) func(*store.Executions) {
		return func(e *store.Executions) { e.Answered(at(left), at(minute)) }
	}
	type span [2]int
	for name, c := range map[string]struct {
		told   []func(*store.Executions)
		goesOn bool
		want   []span
		worked int // minutes
	}{
		"nothing yet":         {nil, false, []span{{1, 1}}, 0},
		"goes on":             {[]func(*store.Executions){began(0, 2)}, true, []span{{1, 59}}, 58},
		"cut off":             {[]func(*store.Executions){began(0, 2), answered(7, 8), answered(6, 7)}, false, []span{{1, 8}}, 7},
		"ended":               {[]func(*store.Executions){began(0, 2), answered(2, 3), ended(4)}, false, []span{{1, 4}}, 3},
		"resumed":             {[]func(*store.Executions){began(0, 2), ended(4), began(30, 31), ended(40)}, false, []span{{1, 4}, {30, 40}}, 13},
		"resumed, goes on":    {[]func(*store.Executions){began(0, 2), ended(4), began(30, 31)}, true, []span{{1, 4}, {30, 59}}, 32},
		"resumed, declined":   {[]func(*store.Executions){began(0, 2), ended(4), ended(50)}, false, []span{{1, 4}}, 3},
		"cut off, resumed":    {[]func(*store.Executions){began(0, 2), answered(7, 9), began(30, 31), answered(31, 32), ended(40)}, false, []span{{1, 9}, {30, 40}}, 18},
		"of an older bulknum": {[]func(*store.Executions){began(0, 2), ended(4), began(0, 31), ended(40)}, false, []span{{1, 4}, {31, 40}}, 12},
	} {
		e := store.Executions{{StartedAt: at(1)}}
		for _, told := range c.told {
			told(&e)
		}
		want := store.Executions{}
		for _, s := range c.want {
			want = append(want, store.Execution{StartedAt: at(s[0]), EndedAt: at(s[1])})
		}
		got, worked := e.Until(at(59), c.goesOn)
		if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(store.Execution{})); d != "" || worked != time.Duration(c.worked)*time.Minute {
			t.Errorf("%s: %s, want %d minutes:\n%s", name, worked, c.worked, d)
		}
	}
}
