package testrun_test

import (
	"testing"

	"github.com/bulknum/bulknum/internal/testrun"
)

func TestHowMuch(t *testing.T) {
	for percent, want := range map[string]struct{ many, few, step int }{
		"":     {20, 1, 600},
		"1":    {2, 1, 6000},
		"100":  {200, 4, 60},
		"1000": {2000, 40, 6},
	} {
		t.Setenv(testrun.Variable, percent)
		if many, few, step := testrun.Count(200), testrun.Count(4), testrun.Step(60); many != want.many || few != want.few || step != want.step {
			t.Errorf("at %q: %d and %d times, %d apart", percent, many, few, step)
		}
	}
	for _, percent := range []string{"0", "-1", "many"} {
		t.Setenv(testrun.Variable, percent)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is taken", percent)
				}
			}()
			testrun.Count(1)
		}()
	}
}
