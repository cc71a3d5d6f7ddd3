package plan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The point of no return is when a rollback of what is done would have had to begin:
// once it has passed, it stays where it was, whatever the time.
func TestPointOfNoReturnStays(t *testing.T) {
	deadline := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		done, left int
		every      time.Duration
		want       time.Duration // before the deadline
	}{
		"some is left":     {58, 100, time.Second, 70 * time.Second},
		"nothing is left":  {58, 0, time.Second, 70 * time.Second},
		"at a slower rate": {58, 100, 2 * time.Second, 140 * time.Second},
		"nothing was done": {0, 100, time.Second, 0},
		"nothing at all":   {0, 0, time.Second, 0},
	} {
		for _, before := range []time.Duration{0, -time.Minute, -time.Hour} { // the deadline has passed
			f := Forecast{Now: deadline.Add(-before), Deadline: deadline, Every: c.every, Done: c.done, Left: c.left, Pages: 10}
			if before == 0 {
				f.Now = deadline.Add(-c.want + time.Millisecond) // just too late
			}
			w := f.Window()
			if want := deadline.Add(-c.want); !w.NoReturnAt.Equal(want) || w.NoReturnRows != c.done {
				t.Errorf("%s, at %s: %s after %d rows, want %s after %d",
					name, f.Now, w.NoReturnAt, w.NoReturnRows, want, c.done)
			}
		}
	}
}

// Whatever the waves, and however many rows there are, the window is what happens row after
// row: each leaves as soon as the rate allows, after what is read again before its wave, and
// after the reading back and the pause that follow the wave before.
func TestPointOfNoReturnRowByRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := time.Duration(rapid.IntRange(1, 5).Draw(t, "every")) * time.Second
		var waves []Wave
		rows := 0
		for n := range rapid.IntRange(0, 4).Draw(t, "waves") {
			size := rapid.IntRange(1, 30).Draw(t, "rows")
			rows += size
			waves = append(waves, Wave{N: n + 1, Rows: size, Upto: rows, Reads: rapid.IntRange(1, size).Draw(t, "reads")})
		}
		for i := range waves {
			waves[i].Of = len(waves)
		}
		if len(waves) == 0 {
			rows = rapid.IntRange(1, 100).Draw(t, "rows")
		}
		f := Forecast{
			Now: time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC), Every: every, Left: rows, Pages: rapid.IntRange(0, 3).Draw(t, "pages"),
			Overhead: &Overhead{
				Waves: waves, ReadBack: Sample(rapid.IntRange(-1, 20).Draw(t, "read back")),
				Recheck: time.Duration(rapid.IntRange(0, 200).Draw(t, "recheck")) * time.Second,
				Age:     time.Duration(rapid.IntRange(0, 100).Draw(t, "age")) * time.Second,
				Pause:   time.Duration(rapid.IntRange(0, 300).Draw(t, "pause")) * time.Second,
			},
		}
		companions := &f.Overhead.Companions
		if companions.Of = rows; rapid.Bool().Draw(t, "companions") {
			companions.Rows, companions.Fresh = rows, time.Duration(rapid.IntRange(0, 60).Draw(t, "fresh"))*time.Second
		}
		f.Deadline = f.Now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "deadline")) * time.Second)

		sent, last, fits := 0, f.Now.Add(every), true // the token
		read := f.Now.Add(-f.Overhead.Age)
		send := func() {
			if companions.Rows > 0 && last.Add(every).Sub(read) > companions.Fresh {
				last = last.Add(every)
			}
			last = last.Add(every)
			if fits = fits && !last.Add(f.Rollback(last, sent+1)).After(f.Deadline); fits {
				sent++
			}
		}
		for _, w := range waves {
			if f.Overhead.Age+last.Sub(f.Now) > f.Overhead.Recheck {
				last = last.Add(time.Duration(w.Reads) * every)
				read = last
			}
			for range w.Rows {
				send()
			}
			last = last.Add(time.Duration(min(w.Reads, f.Overhead.ReadBack.Of(w.Rows))) * every)
			if w.N < w.Of {
				last = last.Add(max(0, f.Overhead.Pause-every))
			}
		}
		for len(waves) == 0 && sent < rows && fits {
			send()
		}
		w := f.Window()
		if fits = fits && !last.Add(f.Rollback(last, rows)).After(f.Deadline); fits != w.NoReturnAt.IsZero() || !fits && w.NoReturnRows != sent {
			t.Fatalf("%d of %d rows, fits %t: %+v", sent, rows, fits, w)
		}
		if !w.EndsAt.Equal(last) && (fits || len(waves) > 0) {
			t.Fatalf("it ends at %s: %+v", last, w)
		}
	})
}
