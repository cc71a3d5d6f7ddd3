package model

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/internal/testextent"
)

// A person says which rows go first, by a column of the file, and which numbers go back. The draws of other histories
// know nothing of that, so that each of their seeds makes the history that it always made.
const (
	// ByHand: no row leaves before one that the file puts into an earlier wave.
	ByHand Law = "the waves of a file are sent in its order"
	// NamedOnly: a rollback of some numbers sends no other.
	NamedOnly Law = "a rollback of named numbers sends no other"
)

// named are numbers by their bits; 0: nil.
func named(bits int) map[string]struct{} {
	if bits == 0 {
		return nil
	}
	numbers := map[string]struct{}{}
	for n := 0; bits>>n > 0; n++ {
		if bits>>n&1 == 1 {
			numbers[number(n)] = struct{}{}
		}
	}
	return numbers
}

// judgeByHand looks at the first update of each number.
func (w *world) judgeByHand(r *run, q *request) {
	if !r.guards.ByHand || len(r.sent(q.number)) > 0 {
		return
	}
	row, _ := r.row(q.number)
	w.count.happened("a row leaves in a wave of the file")
	for _, before := range r.requests {
		if other, _ := r.row(before.number); other.Wave > row.Wave {
			w.broken(ByHand, "%s sent %s of wave %d, after %s of wave %d", q.by, q, row.Wave, before, other.Wave)
		}
	}
}

func (w *world) judgeNamed(r *run, q *request) {
	if r.named == 0 {
		return
	}
	w.count.happened("a named number goes back")
	if r.named>>q.number&1 == 0 {
		w.broken(NamedOnly, "%s sent %s, and is for others", q.by, q)
	}
}

// byHand is a cutover in waves of its file, which may be cut off and gone on with, and the rollback of three of its numbers.
func byHand(numbers int) *rapid.Generator[History] {
	return rapid.Custom(func(t *rapid.T) History {
		file := &File{}
		for n := range numbers {
			file.Rows = append(file.Rows, Row{Number: n, Route: 2, Wave: rapid.IntRange(1, 4).Draw(t, "wave")})
		}
		told := Told{Waves: true, ByHand: true, Strict: rapid.Bool().Draw(t, "strict"), Workers: rapid.IntRange(1, 3).Draw(t, "workers")}
		fates := rapid.SliceOfN(rapid.SampledFrom([]Fate{Answered, Slow, Throttled, Busy, Lost, Pends}), 0, 6)
		apply := Move{Action: Apply, File: file, Told: told, Fates: fates.Draw(t, "fates")}
		h := History{Numbers: numbers, Moves: []Move{apply}}
		if rapid.Bool().Draw(t, "planned") {
			h.Moves[0].Action, h.Moves[0].Fates = Plan, nil
			h.Moves = append(h.Moves, Move{Action: ApplyPlan, Told: Told{Workers: told.Workers, Strict: told.Strict}, Fates: apply.Fates})
		}
		if what := rapid.SampledFrom([]What{"", Kill, Stop}).Draw(t, "what"); what != "" {
			h.Moves[len(h.Moves)-1].Meanwhile = []Happening{{After: quarters(t, 1, 60), What: what}}
		}
		for range rapid.IntRange(1, 2).Draw(t, "resumes") {
			h.Moves = append(h.Moves, Move{Action: Resume, Told: Told{Workers: told.Workers, Strict: told.Strict}})
		}
		three := rapid.SampledFrom([]int{0b00111, 0b10101, 0b11010}).Draw(t, "three")
		back := Move{Action: Rollback, Told: Told{Workers: 1, Named: three}}
		if rapid.Bool().Draw(t, "cut off") {
			back.Meanwhile = []Happening{{After: quarters(t, 1, 20), What: Kill}}
		}
		h.Moves = append(h.Moves, back, Move{Action: Resume, Told: Told{Workers: 1}})
		return h
	})
}

// No cutover that the file orders breaks a law, and no rollback of three numbers.
func TestByHand(t *testing.T) {
	if err := testextent.Checks(30); err != nil {
		t.Fatal(err)
	}
	c, base, counted := newCopier(t), t.TempDir(), newCount()
	rapid.Check(t, func(rt *rapid.T) {
		h := byHand(5).Draw(rt, "history")
		counted.histories++
		if broke := replay(t, c, base, counted, known(), &h); len(broke) > 0 {
			rt.Log(dump(broke))
			rt.Fatalf("broken: %s\n%s", broke[0].Law, written(h))
		}
	})
	for _, what := range []string{"a row leaves in a wave of the file", "a named number goes back"} {
		if counted.happenings[what] < counted.histories && !t.Failed() {
			t.Errorf("in %d histories only %d times: %s", counted.histories, counted.happenings[what], what)
		}
	}
}
