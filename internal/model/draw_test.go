package model

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// Histories are drawn of few numbers, values and files, so that runs meet each
// other; the first choice of each draw is what shrinking goes to.

func history() *rapid.Generator[History] {
	return rapid.Custom(func(t *rapid.T) History {
		h := History{Numbers: rapid.IntRange(1, 3).Draw(t, "numbers")}
		for range 4 { // one slice alone would be a short one nearly always
			h.Moves = append(h.Moves, rapid.SliceOfN(move(h.Numbers), 1, 8).Draw(t, "moves")...)
		}
		twist(t, &h)
		return h
	})
}

// oneIn is true in one of n cases.
func oneIn(t *rapid.T, n int, label string) bool {
	return rapid.IntRange(0, n-1).Draw(t, label) == n-1
}

var actions = []Action{
	Apply, Apply, Apply, Apply, Apply, Apply, Resume, Resume, Resume, Resume, Rollback, Rollback, Foreign, Foreign, Plan, Plan,
	ApplyPlan, ApplyPlan, Verify, Delete, Salvage, Wait, Flip, PutBack, Prune, Prune, Restore, Restore,
}

func move(numbers int) *rapid.Generator[Move] {
	return rapid.Custom(func(t *rapid.T) Move {
		m := Move{Action: rapid.SampledFrom(actions).Draw(t, "action")}
		switch m.Action {
		case Foreign:
			m.Change = change(numbers).Draw(t, "change")
			return m
		case Wait:
			m.For = spans(time.Minute, 11*time.Minute, 13*time.Hour, 72*time.Hour, 240*time.Hour).Draw(t, "for")
			return m
		case PutBack:
			m.Run = rapid.IntRange(0, keptBackups-1).Draw(t, "copy")
			return m
		case Flip:
			m.Byte = somewhere(t)
			return m
		case Salvage:
			m.Byte = somewhere(t)
			m.Byte.Harm = rapid.SampledFrom([]Harm{"", "", Cut, Overwritten, Emptied}).Draw(t, "harm")
			return m
		case Restore:
			m.Run = rapid.IntRange(0, 2).Draw(t, "run")
			return m
		case Delete:
			m.Run = rapid.IntRange(0, 3).Draw(t, "run")
			m.Told.Archive = rapid.Bool().Draw(t, "archive")
			return m
		case Prune:
			m.For = spans(0, time.Hour).Draw(t, "age")
			m.Told.Last = rapid.IntRange(0, 1).Draw(t, "last")
			m.Told.Archive = !oneIn(t, 4, "for good")
			return m
		case Apply, Plan:
			m.File = file(numbers).Draw(t, "file")
		case Resume:
			m.Run = rapid.IntRange(0, 2).Draw(t, "run")
		default:
			m.Run = rapid.IntRange(0, 3).Draw(t, "run")
		}
		m.Told = told(m.Action, numbers).Draw(t, "told")
		if m.Action != Plan && m.Action != Verify {
			m.Fates = rapid.SliceOfN(rapid.SampledFrom([]Fate{
				Answered, Answered, Answered, Pends, Errs, Hides, Lost, Swallowed, Late, TooLate, Throttled, Busy, Refused,
				Barred, Cropped, EchoesOld,
			}), 0, 5).Draw(t, "fates")
		}
		if m.File != nil && m.Told.Waves && rapid.Bool().Draw(t, "one route") {
			oneRoute(t, &m)
		}
		m.Meanwhile = rapid.SliceOfN(happening(numbers), 0, 3).Draw(t, "meanwhile")
		return m
	})
}

// oneRoute makes a cutover of a move: all numbers go to one route, so that few have a shape
// of their own and the first wave is small, which must pass by evidence, and the first answer
// is no plain one.
func oneRoute(t *rapid.T, m *Move) {
	to := rapid.IntRange(2, 3).Draw(t, "to")
	m.File.Rows = slices.Clone(m.File.Rows)
	for i := range m.File.Rows {
		m.File.Rows[i].Route, m.File.Rows[i].Subscriber = to, 0
	}
	if m.Action == Apply {
		m.Told.Strict = true
		m.Fates = append([]Fate{rapid.SampledFrom([]Fate{Pends, Pends, Hides, Errs}).Draw(t, "first")}, m.Fates...)
	}
}

// somewhere is a place in the database's files.
func somewhere(t *rapid.T) *Byte {
	return &Byte{
		WAL: rapid.Bool().Draw(t, "wal"), At: rapid.IntRange(0, 9999).Draw(t, "at"),
		Mask: byte(1 << rapid.IntRange(0, 7).Draw(t, "bit")),
	}
}

func told(d Action, numbers int) *rapid.Generator[Told] {
	return rapid.Custom(func(t *rapid.T) Told {
		w := Told{Workers: rapid.IntRange(1, 3).Draw(t, "workers")}
		if oneIn(t, 4, "otherKey") {
			w.Key = rapid.IntRange(1, len(keys)-1).Draw(t, "key")
		}
		if oneIn(t, 4, "otherSpelling") {
			w.Spelling = rapid.IntRange(1, len(addresses)-1).Draw(t, "spelling")
		}
		if d == Verify || d == Rollback {
			return w
		}
		w.Recheck = spans(0, 0, 10*time.Minute, time.Hour).Draw(t, "recheck")
		if oneIn(t, 8, "guards") {
			w.Protect = rapid.IntRange(1, numbers).Draw(t, "protect")
		}
		if oneIn(t, 10, "few") {
			w.MaxChanges = rapid.IntRange(1, 2).Draw(t, "maxChanges")
		}
		w.WaitFor = spans(10*time.Minute, 0, time.Minute).Draw(t, "waitFor")
		w.Unprotect = oneIn(t, 12, "unprotect")
		w.No = oneIn(t, 20, "no")
		w.Strict = rapid.Bool().Draw(t, "strict")
		switch d {
		case Apply:
			w.All = oneIn(t, 6, "all")
			w.Waves = oneIn(t, 4, "waves")
		case Plan:
			w.Waves = oneIn(t, 4, "waves")
		case Resume:
			w.RetryFailed, w.AfterLater = oneIn(t, 3, "retryFailed"), oneIn(t, 3, "afterLater")
		}
		return w
	})
}

func file(numbers int) *rapid.Generator[*File] {
	return rapid.Custom(func(t *rapid.T) *File {
		f := &File{Path: rapid.IntRange(0, len(paths)-1).Draw(t, "path")}
		conditional := oneIn(t, 5, "conditional")
		for n := range numbers {
			if n > 0 && oneIn(t, 4, "without") {
				continue
			}
			row := Row{Number: n, Route: rapid.IntRange(1, 3).Draw(t, "route")}
			if oneIn(t, 3, "subscriber") {
				row.Subscriber = rapid.IntRange(1, 2).Draw(t, "value")
			}
			if conditional {
				row.IfRoute = rapid.IntRange(0, 3).Draw(t, "if")
			}
			f.Rows = append(f.Rows, row)
		}
		return f
	})
}

func change(numbers int) *rapid.Generator[*Change] {
	return rapid.Custom(func(t *rapid.T) *Change {
		return &Change{
			Number: rapid.IntRange(0, numbers-1).Draw(t, "number"),
			Field:  rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "field"),
			Value:  rapid.IntRange(1, 4).Draw(t, "value"),
		}
	})
}

func happening(numbers int) *rapid.Generator[Happening] {
	return rapid.Custom(func(t *rapid.T) Happening {
		h := Happening{
			After: Span(rapid.IntRange(0, 40).Draw(t, "after")) * Span(250*time.Millisecond),
			What:  rapid.SampledFrom([]What{Kill, Kill, Kill, Stop, Pause, Pause, Meddle, Meddle, Down, Second, Vanish}).Draw(t, "what"),
		}
		switch h.What {
		case Pause:
			h.For = spans(time.Minute, 11*time.Minute, 2*time.Hour, 26*time.Hour).Draw(t, "for")
		case Down:
			h.For = spans(time.Minute, 20*time.Minute, 2*time.Hour).Draw(t, "for")
		case Vanish:
			h.For = spans(time.Minute, 0, 13*time.Hour).Draw(t, "for")
		case Meddle:
			h.Change = change(numbers).Draw(t, "change")
		}
		return h
	})
}

func spans(all ...time.Duration) *rapid.Generator[Span] {
	return rapid.Map(rapid.SampledFrom(all), func(d time.Duration) Span { return Span(d) })
}
