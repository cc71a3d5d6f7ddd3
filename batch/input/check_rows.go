package input

import (
	"context"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/batch/input/internal/ahead"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
)

// rowChecker goes once through a file and judges each row for itself. What rows mean
// to each other is found by duplicates.
type rowChecker struct {
	records    *ahead.Reader[record]
	fields     []settings.Field
	allowClear bool
	asTold     bool
	state      bool
	routes     RouteNames
	rows       int
	lines      int     // before the part that it goes through
	added      bool    // the part is none of the file's own
	rec        *record // being judged
	Close      func()
}

// begin opens a file up to its first row.
func begin(path string, o part) (*rowChecker, error) {
	n, err := newNames(o.Options)
	if err != nil {
		return nil, err
	}
	t, err := open(path, o)
	if err != nil {
		return nil, err
	}
	p := &rowChecker{fields: settings.Fields(), allowClear: o.AllowClear, asTold: o.AsTold, state: o.State, routes: o.Routes, lines: o.lines, added: o.added}
	if o.Routes == nil {
		p.routes = unnamed{}
	}
	records, err := rowsOf(t, o.Delimiter, n)
	if err != nil {
		t.Close()
		return nil, err
	}
	p.records = ahead.New(func(rec *record) (int, error) {
		err := records.next(rec)
		return rec.size, err
	})
	p.Close = func() {
		p.records.Close()
		t.Close()
	}
	return p, nil
}

// rowsOf reads what stands before the rows of a file.
func rowsOf(t *text, delimiter rune, n *names) (source, error) {
	if err := t.page(); err != nil {
		return nil, err
	}
	if t.kind.Format == JSONL {
		return newJSONL(t, n)
	}
	return newCSV(t, delimiter, n)
}

// read reads the next record, or io.EOF.
func (p *rowChecker) read(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.rec, err = p.records.Next(); err == nil {
		p.rows++
		p.rec.number = digits(p.rec.cells[theNumber].text)
	}
	return err
}

// digits packs a number in E.164 form: at most 15 digits, the first not 0. What
// is not in that form gives 0.
func digits(number string) uint64 {
	if _, flaw := settings.ParseNumber(number); flaw != nil {
		return 0
	}
	packed := uint64(0)
	for _, digit := range []byte(number[1:]) {
		packed = packed*10 + uint64(digit-'0')
	}
	return packed
}

// row makes a row of the record. What is wrong with it is in the record then.
func (p *rowChecker) row(ctx context.Context, row *Row) error {
	p.rec.line += p.lines
	for i := range p.rec.broken {
		p.rec.broken[i].Line += p.lines
	}
	*row = Row{Row: p.rows, Line: p.rec.line, Added: p.added, Number: show(p.rec.cells[theNumber].text)}
	if !p.rec.shapeless {
		p.judge(row)
		if err := p.nameRoutes(ctx, row); err != nil {
			return err
		}
	}
	for i := range p.rec.broken {
		p.rec.broken[i].Row = p.rows
		row.note(p.rec.broken[i])
	}
	return nil
}

// note adds what a problem means to the row's verdict.
func (r *Row) note(p Problem) {
	switch {
	case p.Warning:
		r.Warnings = append(r.Warnings, p.explain())
		return
	case r.Error != "":
		r.Error += "; "
	}
	r.Status = Invalid
	r.Error += p.explain()
}

// ofFields are the columns of the fields and of their preconditions.
const ofFields columns = 1<<theStatus - 1<<1

// judge checks all cells of a row.
func (p *rowChecker) judge(row *Row) {
	if !p.rec.bad.has(theNumber) {
		p.judgeNumber()
	}
	for target := range (p.rec.given & ofFields &^ p.rec.bad).all() {
		switch c := p.rec.cells[target]; {
		case c.text != "":
			p.judgeCell(row, target, c)
		case p.state && !isCondition(target):
			row.Settings.SetAt(fieldOf(target), "")
		}
	}
	p.judgeWave(row)
	row.NumberStatus = show(p.rec.cells[theStatus].text)
	for _, flaw := range p.flaws(row) {
		value, _ := row.Settings.Get(flaw.Field)
		p.blame(p.target(flaw.Field), value, flaw)
	}
	if row.Settings.IsZero() && len(p.rec.broken) == 0 && !p.state {
		p.rec.blame(ignored, "", "the row sets nothing", "fill in what is to be set, or remove the row")
	}
}

// judgeWave checks in which wave the row is to be.
func (p *rowChecker) judgeWave(row *Row) {
	written := p.rec.cells[theWave].text
	if written == "" || p.rec.bad.has(theWave) {
		return
	}
	wave, err := strconv.Atoi(written)
	if err != nil || wave < 1 {
		p.blame(theWave, written, settings.Flaw{Message: "waves are counted from 1", Hint: "write a whole number, as in 1 or 2"})
		return
	}
	row.Wave = wave
}

func (p *rowChecker) judgeNumber() {
	if p.rec.number != 0 {
		return
	}
	written := p.rec.cells[theNumber].text
	_, flaw := settings.ParseNumber(written)
	if isSheetError(written) {
		flaw = &sheetErrorFlaw
	}
	p.blame(theNumber, written, *flaw)
}

func (p *rowChecker) judgeCell(row *Row, target int, c cell) {
	at := fieldOf(target)
	field := &p.fields[at]
	switch {
	case !c.literal && isSheetError(c.text):
		p.blame(target, c.text, sheetErrorFlaw)
		return
	case !c.literal && isUnknown(c.text):
		return
	case isCondition(target):
		p.judgeCondition(row, target, c)
		return
	case !c.literal && isEmpty(c.text) && p.state:
		row.Settings.SetAt(at, "")
		return
	case !c.literal && isClear(c.text):
		p.judgeClear(row, target, c.text)
		return
	case !c.literal && isEmpty(c.text):
		p.blame(target, c.text, settings.Flaw{
			Message: "only a precondition can say that", Hint: "write " + settings.Clear + " if the field is to be cleared",
		})
		return
	}
	value, flaw := p.parse(field, c.text)
	if flaw != nil {
		p.blame(target, c.text, *flaw)
		if !flaw.Warning {
			return
		}
	}
	row.Settings.SetAt(at, value)
}

// parse checks a value, unless it comes from the API.
func (p *rowChecker) parse(field *settings.Field, text string) (string, *settings.Flaw) {
	if p.asTold {
		return text, nil
	}
	return field.Parse(text)
}

// nameRoutes puts ids in the place of the names of routes, and blames the names for which there is none.
func (p *rowChecker) nameRoutes(ctx context.Context, row *Row) error {
	if p.asTold && !p.state {
		p.rec.named = len(row.Settings.Named())+len(row.If.Named()) > 0
		return nil
	}
	for _, part := range []struct {
		of    *settings.Settings
		first int // target of the first field
	}{{&row.Settings, 1}, {&row.If, 1 + fieldCount}} {
		if len(part.of.Named()) == 0 {
			continue
		}
		found, flaws, err := Find(ctx, *part.of, p.routes)
		if err != nil {
			return err
		}
		for _, flaw := range flaws {
			value, _ := found.Get(flaw.Field)
			p.blame(p.target(flaw.Field)-1+part.first, value, flaw)
			found = found.Without(flaw.Field)
		}
		*part.of = found
		p.rec.named = p.rec.named || len(found.Named()) > 0
	}
	return nil
}

// flaws are what is wrong with values that are fine one by one.
func (p *rowChecker) flaws(row *Row) []settings.Flaw {
	if p.asTold {
		return nil
	}
	return row.Settings.Flaws()
}

func (p *rowChecker) judgeClear(row *Row, target int, written string) {
	field := &p.fields[fieldOf(target)]
	switch {
	case !field.Clearable:
		p.blame(target, written, settings.Flaw{
			Message: "only text can be cleared", Hint: "write a value, or leave the cell blank to keep the field",
		})
	case !p.allowClear:
		p.blame(target, written, settings.Flaw{
			Message: "clearing a field has to be allowed", Hint: "allow it, if this is meant",
		})
		p.rec.broken[len(p.rec.broken)-1].Options = []option.Name{option.AllowClear}
	default:
		row.Settings.Set(field.Name, "")
	}
}

// judgeCondition checks what a number must have now. What merely looks odd is no
// matter here, because nothing of it is sent.
func (p *rowChecker) judgeCondition(row *Row, target int, c cell) {
	field := &p.fields[fieldOf(target)]
	switch {
	case c.literal:
	case isClear(c.text):
		p.blame(target, c.text, settings.Flaw{
			Message: "a precondition clears nothing", Hint: "write " + settings.Empty + " if the field must have no value now",
		})
		return
	case isEmpty(c.text) && field.Kind == settings.Bool:
		p.blame(target, c.text, settings.Flaw{
			Message: "a yes or no always has a value", Hint: "write the one that it must have, or leave the cell blank",
		})
		return
	case isEmpty(c.text):
		row.If.Set(field.Name, "")
		return
	}
	value, flaw := p.parse(field, c.text)
	if flaw != nil && !flaw.Warning {
		if strings.Contains(flaw.Hint, settings.Clear) {
			flaw.Hint = "leave the cell blank to ask for nothing, or write " + settings.Empty + " if the field must have no value now"
		}
		p.blame(target, c.text, *flaw)
		return
	}
	row.If.Set(field.Name, value)
}

// sheetErrorFlaw must never clear or set a field.
var sheetErrorFlaw = settings.Flaw{
	Message: "the error of a spreadsheet's formula", Hint: "mend the formula, or leave the cell blank to keep the field",
}

func (p *rowChecker) blame(target int, value string, flaw settings.Flaw) {
	p.rec.blame(target, value, flaw.Message, flaw.Hint)
	p.rec.broken[len(p.rec.broken)-1].Warning = flaw.Warning
}

func (p *rowChecker) target(name string) int {
	for i := range p.fields {
		if p.fields[i].Name == name {
			return i + 1
		}
	}
	return ignored
}
