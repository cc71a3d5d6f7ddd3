package testextent_test

import (
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

func TestHowMuch(t *testing.T) {
	for percent, want := range map[string]struct{ many, few, step int }{
		"":     {20, 1, 600},
		"1":    {2, 1, 6000},
		"100":  {200, 4, 60},
		"1000": {2000, 40, 6},
	} {
		t.Setenv(testextent.Variable, percent)
		if plain := testextent.Plain(); plain != (percent == "" || percent == "1") || (testextent.Spaced(3) == 3) != plain || testextent.Spaced(1) != 1 {
			t.Errorf("at %q: plain is %v, and 3 apart is %d apart", percent, plain, testextent.Spaced(3))
		}
		if many, few, step := testextent.Count(200), testextent.Count(4), testextent.Step(60); many != want.many || few != want.few || step != want.step {
			t.Errorf("at %q: %d and %d times, %d apart", percent, many, few, step)
		}
	}
	for _, percent := range []string{"0", "-1", "many"} {
		t.Setenv(testextent.Variable, percent)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is taken", percent)
				}
			}()
			testextent.Count(1)
		}()
	}
}
