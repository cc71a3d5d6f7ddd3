package record

import "strings"

// Stored is a table of a store, with the columns by which its rows are ordered.
type Stored struct {
	Name string
	Key  []string
	// IDs tells that its ids are given by the database, and none twice.
	IDs bool
	// Page is how many of its rows are read or written at a time.
	Page int
}

// All are the tables of a store but the one of the store itself, each behind those that it refers to.
var All = []Stored{
	{Name: "accounts", Key: columns("id"), IDs: true, Page: RowsAtATime},
	{Name: "keys", Key: columns("api, key"), Page: RowsAtATime},
	{Name: "inputs", Key: columns("id"), IDs: true, Page: RowsAtATime},
	{Name: "input_chunks", Key: columns("input, n"), Page: BlocksAtATime},
	{Name: "runs", Key: columns("id"), IDs: true, Page: RowsAtATime},
	{Name: "milestones", Key: columns("sequence"), Page: BlocksAtATime},
	{Name: "plan_blocks", Key: columns("run, n"), Page: BlocksAtATime},
	{Name: "plan_numbers", Key: columns("run, n"), Page: BlocksAtATime},
	{Name: "plan_ends", Key: columns("run"), Page: RowsAtATime},
	{Name: "reading_blocks", Key: columns("run, n"), Page: BlocksAtATime},
	{Name: "intents", Key: columns("sequence"), Page: RowsAtATime},
	{Name: "in_flight", Key: columns("run, line"), Page: RowsAtATime},
	{Name: "results", Key: columns("sequence"), Page: RowsAtATime},
	{Name: "request_blocks", Key: columns("run, n"), Page: BlocksAtATime},
	{Name: "verifications", Key: columns("sequence"), Page: RowsAtATime},
	{Name: "skipped", Key: columns("run, n"), Page: RowsAtATime},
	{Name: "unprotections", Key: columns("sequence"), Page: RowsAtATime},
	{Name: "gaps", Key: columns("sequence"), Page: RowsAtATime},
	{Name: "removed", Key: columns("run"), Page: RowsAtATime},
	{Name: "lost_runs", Key: columns("name"), Page: RowsAtATime},
	{Name: "origins", Key: columns("store"), Page: RowsAtATime},
}

// After are rows of the table behind one with a key, in their order, as many as a page has; without a key the first ones.
func (s Stored) After(list string, key Record) string {
	where := ""
	if len(key) > 0 {
		where = " WHERE (" + strings.Join(s.Key, ", ") + ") > (?" + strings.Repeat(", ?", len(key)-1) + ")"
	}
	return "SELECT " + list + " FROM " + s.Name + where + " ORDER BY " + strings.Join(s.Key, ", ")
}

// None are no rows of the table, with all its columns.
func (s Stored) None() string { return "SELECT * FROM " + s.Name + " WHERE 1 = 0" }

// Last is the key of the last row of the table.
func (s Stored) Last() string {
	return "SELECT " + strings.Join(s.Key, ", ") + " FROM " + s.Name + " ORDER BY " + strings.Join(s.Key, " DESC, ") + " DESC LIMIT 1"
}
