package plan

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A share of a hundred rows is exactly so many: fractions of two would have 29 of them
// be more than 29%, and so with 57 and 58.
func TestShareIsExact(t *testing.T) {
	for percent := range 101 {
		limit, err := ParseLimit(fmt.Sprintf("%d%%", percent))
		if err != nil {
			t.Fatal(err)
		}
		for rows := range 101 {
			if got := limit.Over(rows, 100); got != (rows > percent) {
				t.Errorf("%d of 100 rows are more than %d%%: %v", rows, percent, got)
			}
		}
	}
}

// A limit comes back from the store as it was given.
func TestLimitRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(0|[1-9][0-9]{0,6}|[1-9]?[0-9]\.[0-9]{0,5}[1-9]%|100%)`).Draw(t, "limit")
		limit, err := ParseLimit(text)
		if err != nil || limit.String() != text {
			t.Fatalf("%q is %q, %v", text, limit, err)
		}
		var again Limit
		if err := again.UnmarshalText([]byte(limit.String())); err != nil || again != limit {
			t.Fatalf("%q comes back as %q, %v", text, again, err)
		}
	})
}

// What is finer than a share is counted is rounded once, so that it comes back as the same.
func TestAShareTooFineIsRoundedOnce(t *testing.T) {
	limit, err := ParseLimit("33.3333334%")
	if err != nil {
		t.Fatal(err)
	}
	var again Limit
	if err := again.UnmarshalText([]byte(limit.String())); err != nil || again != limit || limit.String() != "33.333333%" {
		t.Errorf("%v comes back as %v, %v", limit, again, err)
	}
}

func TestParseLimitRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"101%": "not a share", "-1%": "not a share", "NaN%": "not a share", "-1": "not a limit", "x": "not a limit",
		"0.0000001%": "too small a share",
	} {
		if _, err := ParseLimit(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
