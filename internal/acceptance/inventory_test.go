package acceptance

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox"
)

// cutover writes a file that moves the first n numbers of the inventory from the
// routes that they have to others.
func (o *operator) cutover(n int) string {
	o.t.Helper()
	var b bytes.Buffer
	b.WriteString("Number,If.MessageRouteId,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,%s,%s\n", o.listed(i), o.routeOf(i), route("new", i))
	}
	return o.save("cutover.csv", b.Bytes())
}

// alike makes the n numbers of the inventory alike and writes a file that moves
// them all: its waves keep the file's order.
func (o *operator) alike(n int) string {
	o.t.Helper()
	for i := range n {
		o.change(i, func(rec *sandbox.Record) { rec.MessageRouteId, rec.Classification = "MRID-old", "P2P" })
	}
	return o.save("cutover.csv", o.bulknum(0, "export", "--set", "MessageRouteId=MRID-new").stdout.Bytes())
}

// save writes a file.
func (o *operator) save(name string, content []byte) string {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), content, 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name
}

// listed is the i-th number of the inventory, routeOf its route.
func (o *operator) listed(i int) string {
	o.t.Helper()
	number, ok := o.api.InventoryNumber(i)
	if !ok {
		o.t.Fatalf("the inventory has no %d numbers", i+1)
	}
	return number
}

func (o *operator) routeOf(i int) string {
	record, _ := o.api.Number(o.listed(i))
	return record.MessageRouteId
}

// meddle is somebody else who gives the i-th number of the inventory a route.
func (o *operator) meddle(i int, route string) {
	o.t.Helper()
	o.change(i, func(rec *sandbox.Record) { rec.MessageRouteId = route })
}

// change is somebody else who changes the i-th number of the inventory.
func (o *operator) change(i int, change func(*sandbox.Record)) {
	o.t.Helper()
	if err := o.api.Set(o.listed(i), change); err != nil {
		o.t.Error(err)
	}
}

// asked is of how many numbers an update was asked for, whatever became of it.
func (o *operator) asked() int {
	n := 0
	for _, number := range o.api.Stats().Numbers {
		if number.Requests > 0 {
			n++
		}
	}
	return n
}

// column returns a column of a CSV file in a run's folder.
func (o *operator) column(run, file, name string) []string {
	o.t.Helper()
	records, err := csv.NewReader(strings.NewReader(o.read(run, file))).ReadAll()
	if err != nil {
		o.t.Fatalf("%s: %v", file, err)
	}
	var cells []string
	for _, record := range records[1:] {
		for at, column := range records[0] {
			if column == name {
				cells = append(cells, record[at])
			}
		}
	}
	return cells
}

// export returns the inventory.
func (o *operator) export() string {
	o.t.Helper()
	return o.bulknum(0, "export").stdout.String()
}

// read returns a file of a run's folder.
func (o *operator) read(run, file string) string {
	o.t.Helper()
	content, err := os.ReadFile(filepath.Join(o.dir, "runs", run, file))
	if err != nil {
		o.t.Fatal(err)
	}
	return string(content)
}

// counts is how many rows of a run have each status.
func (o *operator) counts(run string) map[string]int {
	o.t.Helper()
	counts := map[string]int{}
	for _, status := range o.column(run, "results.csv", "Status") {
		counts[status]++
	}
	return counts
}

// statuses are those of a run's rows, by their numbers.
func (o *operator) statuses(run string) map[string]string {
	o.t.Helper()
	statuses := map[string]string{}
	for _, row := range o.results(run) {
		statuses[row["Number"]] = row["Status"]
	}
	return statuses
}

// wave is a wave of a run that has ended.
type wave struct {
	N, Of, Rows, Verified int
	Passed                bool
}

// waves are those of a run that have ended, by its summary.
func (o *operator) waves(run string) []wave {
	o.t.Helper()
	var summary struct{ Waves []wave }
	if err := json.Unmarshal([]byte(o.read(run, "summary.json")), &summary); err != nil {
		o.t.Fatal(err)
	}
	return summary.Waves
}
