package planner

import (
	"fmt"
	"iter"
	"strings"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
)

// Slice slices the rows of a plan that are sent, if they are to be sent in waves, and
// returns the wave of each row, by line.
func (d *Draft) Slice(made *plan.Plan) (map[int]int, error) {
	return d.planner.slice(made, d.Sent(), d.read)
}

// slice slices rows of a plan by what was read for it, which may be nil.
func (p *Planner) slice(made *plan.Plan, sent iter.Seq2[plan.Row, error], read *current.Readings) (map[int]int, error) {
	if len(p.Waves) == 0 {
		return nil, nil
	}
	var lines, shapes, chains, pages, said []int
	var moving []bool // calls
	handed, err := p.chains(made, sent)
	if err != nil {
		return nil, err
	}
	var texts []string
	known := map[string]int{}
	for row, err := range sent {
		if err != nil {
			return nil, err
		}
		shape := waveShape(row, read)
		if _, ok := known[shape]; !ok {
			known[shape] = len(known)
			texts = append(texts, strings.ReplaceAll(shape, "\n", ", of "))
		}
		lines, shapes = append(lines, row.Line), append(shapes, known[shape])
		chains, pages = append(chains, handed.Of(row.Line)), append(pages, read.PageOf(row.Number))
		said = append(said, row.Wave)
		moving = append(moving, settings.MoveCalls(row.Changes))
	}
	var numbers, missing []int
	var waves []plan.Wave
	if p.Waves.ByColumn() {
		numbers, waves = plan.SliceByHand(said, chains)
		made.ByHand = true
	} else {
		numbers, waves, missing = p.Waves.Slice(shapes, chains, p.MaxWave)
	}
	if made.MissingShapes = len(missing); len(missing) > 0 {
		var named []string
		for _, row := range missing[:min(len(missing), namedShapes)] {
			named = append(named, texts[shapes[row]])
		}
		more := ""
		if n := len(missing) - len(named); n > 0 {
			more = fmt.Sprintf("; and %d more", n)
		}
		made.Notes = append(made.Notes, plan.Note{Detail: fmt.Sprintf("the first wave has no row of %d of %d shapes, for which it has no room: %s%s",
			len(missing), len(texts), strings.Join(named, "; "), more)})
	}
	plan.CostWaves(waves, numbers, pages, func(pages []int) int { return current.Cost(pages, made.Reading.PagesInAll) })
	for i, n := range numbers {
		if moving[i] {
			waves[n-1].VoiceRoutes++
		}
	}
	made.Waves = waves
	waveOf := make(map[int]int, len(lines))
	for i, line := range lines {
		waveOf[line] = numbers[i]
	}
	return waveOf, nil
}

// chains are those of rows that are sent; nil: there are none.
func (p *Planner) chains(made *plan.Plan, sent iter.Seq2[plan.Row, error]) (*plan.Chains, error) {
	if !made.HandsOnSIMs() {
		return nil, nil
	}
	return plan.ChainsOf(sent)
}

// namedShapes is how many shapes are named that the first wave does not have.
const namedShapes = 10

// waveShape is what a row has in common with others that fail for the same
// reason: its changes, and the classification of its number.
func waveShape(p plan.Row, readings *current.Readings) string {
	shape := string(settings.ShapeOf(p.Changes))
	read, known := readings.Get(p.Number)
	if !known || read.State == nil {
		return shape
	}
	class, _ := read.State.Get("Classification")
	return shape + "\n" + class
}
