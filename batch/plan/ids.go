package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/settings"
)

// IDs are the ids of routes and subscribers that numbers have, as far as they were read, and those that rows would set.
type IDs struct {
	fields   []settings.Field            // whose values are ids with prefixes
	last     [settings.FieldCount]string // by place in fields, the id that was noted last
	routes   map[fieldID]struct{}
	shortest map[string]int // in characters, by prefix
	wanted   wantedIDs
}

// fieldID is a value of a field, as [settings.Field.Key] writes it.
type fieldID struct{ field, id string }

// NewIDs are none yet.
func NewIDs() *IDs {
	unprefixed := func(f settings.Field) bool { return len(f.Prefixes) == 0 }
	return &IDs{
		fields: slices.DeleteFunc(settings.Fields(), unprefixed),
		routes: map[fieldID]struct{}{}, shortest: map[string]int{},
		wanted: wantedIDs{routes: map[fieldID]struct{}{}, short: map[string]*shortID{}},
	}
}

// Note takes in what a number has.
func (k *IDs) Note(_ string, is settings.State) {
	for i := range k.fields {
		field := &k.fields[i]
		id, _ := is.Get(field.Name)
		if id == "" {
			continue
		}
		if k.last[i] == id { // as it nearly always is of a route
			continue
		}
		k.last[i] = id
		if field.Route != "" {
			k.routes[fieldID{field.Name, field.Meaning(id)}] = struct{}{}
		}
		if prefix := prefixOf(*field, id); prefix != "" && (k.shortest[prefix] == 0 || len(id) < k.shortest[prefix]) {
			k.shortest[prefix] = len(id)
		}
	}
}

// prefixOf is the prefix of an id, if it is one of its field's; "": it has none.
func prefixOf(field settings.Field, id string) string {
	for _, prefix := range field.Prefixes {
		if n := len(prefix); strings.HasPrefix(id, prefix) && n < len(id) && id[n] == '-' {
			return id[:n+1]
		}
	}
	return ""
}

// cuttable reports whether what follows a prefix may be the beginning of a longer id: not a word, nor something typed.
func cuttable(id string) bool {
	return len(id) >= 4 && strings.Trim(id, "0123456789ABCDEFabcdef-") == ""
}

// shortID is the shortest id of a kind that rows ask for.
type shortID struct {
	field, id string
	next      int // the length of the shortest other one; 0: there is none
	rows      Note
}

// Want takes in what a row would set if it is to be sent, after all numbers were noted.
func (k *IDs) Want(p Row) {
	for _, c := range settings.Own(p.SentChanges()) {
		k.wanted.take(k, c, p.Line)
	}
}

// Unlike tells of the ids that rows would set: which is shorter than every other of its kind, in the input and on numbers,
// as one is of which a part is missing; and, where whole says that the listing of numbers was read, how many routes are on no
// number of it.
func (k *IDs) Unlike(whole bool) []Note {
	w := &k.wanted
	notes := k.cut(w.short)
	if whole && w.unknown > 0 {
		notes = append(notes, Note{Aside: true, Detail: w.String()})
	}
	return notes
}

// wantedIDs are those that rows would set.
type wantedIDs struct {
	routes  map[fieldID]struct{}
	short   map[string]*shortID // by prefix
	unknown int                 // routes that no number has
	first   string              // of them, with its line
}

// String says how many routes no number has.
func (w *wantedIDs) String() string {
	const where = "on no number of the inventory that was read"
	switch {
	case len(w.routes) == 1:
		return fmt.Sprintf("the route that rows would set is %s: %s", where, w.first)
	case w.unknown == 1:
		return fmt.Sprintf("1 of the %d routes that rows would set is %s: %s", len(w.routes), where, w.first)
	default:
		return fmt.Sprintf("%d of the %d routes that rows would set are %s; the first is %s", w.unknown, len(w.routes), where, w.first)
	}
}

// take takes in what a row would set.
func (w *wantedIDs) take(known *IDs, c settings.Change, line int) {
	field, _ := settings.Lookup(c.Field)
	if len(field.Prefixes) == 0 || c.New == "" {
		return
	}
	if prefix := prefixOf(field, c.New); prefix != "" && cuttable(c.New[len(prefix):]) {
		w.short[prefix] = w.short[prefix].with(c, line)
	}
	route := fieldID{c.Field, field.Meaning(c.New)}
	if _, seen := w.routes[route]; seen || settings.Capability(c.Field) == "" {
		return
	}
	w.routes[route] = struct{}{}
	if _, has := known.routes[route]; has {
		return
	}
	if w.unknown++; w.first == "" {
		w.first = fmt.Sprintf("%s on line %d", c.New, line)
	}
}

// with is the shortest id of a kind, with one more.
func (s *shortID) with(c settings.Change, line int) *shortID {
	switch {
	case s == nil:
		s = &shortID{field: c.Field, id: c.New}
	case s.id == c.New:
	case len(c.New) < len(s.id):
		s = &shortID{field: c.Field, id: c.New, next: len(s.id)}
	default:
		if s.next == 0 || len(c.New) < s.next {
			s.next = len(c.New)
		}
		return s
	}
	s.rows.Add(line)
	return s
}

// cut warns of the ids that are shorter than every other of their kind.
func (k *IDs) cut(short map[string]*shortID) []Note {
	var notes []Note
	for _, field := range k.fields {
		for _, prefix := range field.Prefixes {
			prefix += "-"
			s, others := short[prefix], k.shortest[prefix]
			if s == nil || others == 0 {
				continue
			}
			if s.next > 0 {
				others = min(others, s.next)
			}
			if len(s.id) >= others {
				continue
			}
			s.rows.Warning = fmt.Sprintf("%s: %s has %d characters, and every other %s of the file and of the numbers that were read has %d or more "+
				"(see whether it is whole; it is sent as it is)", s.field, s.id, len(s.id), prefix, others)
			notes = append(notes, s.rows)
		}
	}
	return notes
}
