package chart

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestScale(t *testing.T) {
	for _, tc := range []struct {
		highest float64
		most    int
		labels  string
	}{
		{1, 5, "0 1"},
		{3, 5, "0 1 2 3"},
		{5, 5, "0 1 2 3 4 5"},
		{6, 5, "0 2 4 6"},
		{48, 5, "0 10 20 30 40 50"},
		{50.5, 5, "0 20 40 60"},
		{900, 5, "0 200 400 600 800 1,000"},
		{8812, 5, "0 2,000 4,000 6,000 8,000 10,000"},
		{8812, 2, "0 5,000 10,000"},
		{8812, 1, "0 10,000"},
		{1_234_567, 3, "0 500,000 1,000,000 1,500,000"},
	} {
		v := scale(tc.highest, tc.most)
		if got := strings.Join(v.labels(), " "); got != tc.labels {
			t.Errorf("up to %v in %d steps: %s, want %s", tc.highest, tc.most, got, tc.labels)
		}
	}
}

// An axis reaches its highest value in no more steps than asked for, and less
// than a step beyond it.
func TestScaleReaches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		highest, most := rapid.Float64Range(1, mostValue).Draw(t, "highest"), rapid.IntRange(1, 10).Draw(t, "most")
		v := scale(highest, most)
		if v.steps < 1 || v.steps > most {
			t.Errorf("%d steps", v.steps)
		}
		if v.top() < highest || v.top() >= highest+v.step {
			t.Errorf("%v ends at %v", v, v.top())
		}
		if v.step != math.Trunc(v.step) {
			t.Errorf("steps of %v", v.step)
		}
	})
}

func TestScaleWithin(t *testing.T) {
	for room, want := range map[px]string{
		1000: "0 200,000 400,000 600,000 800,000 1,000,000",
		200:  "0 500,000 1,000,000",
		10:   "0 1,000,000",
	} {
		if got := strings.Join(scaleWithin(900_000, room).labels(), " "); got != want {
			t.Errorf("within %v: %s, want %s", room, got, want)
		}
	}
}

// A span is filled by no more steps than asked for, and a step shorter would be too
// many.
func TestTimeStep(t *testing.T) {
	const m, h, day = time.Minute, time.Hour, 24 * time.Hour
	for _, tc := range []struct {
		span time.Duration
		most int
		want time.Duration
	}{
		{0, 5, time.Second}, {5 * time.Second, 5, time.Second}, {5*time.Second + 1, 5, 2 * time.Second},
		{m, 60, time.Second}, {m + 1, 60, 2 * time.Second}, {5 * h, 6, h}, {5 * h, 2, 6 * h},
		{2 * day, 2, day}, {5 * day, 2, 4 * day}, {math.MaxInt64, 1, 65536 * day},
	} {
		if got := TimeStep(tc.span, tc.most); got != tc.want {
			t.Errorf("%v in %d: %v, want %v", tc.span, tc.most, got, tc.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for value, want := range map[float64]string{0: "0", 0.5: "0.5", 999: "999", 1000: "1,000", 12345.5: "12,345.5", mostValue: "1,000,000,000,000,000"} {
		if got := plain(value); got != want {
			t.Errorf("%v is %s, want %s", value, got, want)
		}
	}
}

func TestPresent(t *testing.T) {
	var drawn []float64
	for _, value := range []float64{-1, math.Inf(-1), 0.5, math.NaN(), 1e300, math.Inf(1)} {
		if v, there := present(value); there {
			drawn = append(drawn, v)
		}
	}
	if want := []float64{0, 0, 0.5, mostValue, mostValue}; !slices.Equal(drawn, want) {
		t.Errorf("%v, want %v", drawn, want)
	}
}
