package batch_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client/sandbox"
)

// What only the readings tell is odd about rows that would be sent stands in the plan, with its lines.
func TestThePlanWarnsOfWhatTheReadingsTell(t *testing.T) {
	const whole = "MRID-47a06b4c-3d60-4e4f-8a35-2f6e1d90c4b8"
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 3}, ""))
		set := func(n int, change func(*sandbox.Record)) {
			t.Helper()
			err := b.fake.Set(number(n), func(r *sandbox.Record) {
				r.MessageRouteId, r.VoiceRouteId, r.VoiceEnabled, r.Classification = whole, "CRID-"+whole[5:], false, "MVNO"
				change(r)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		set(0, func(r *sandbox.Record) { r.Status = "Parked" })
		set(1, func(r *sandbox.Record) { r.Classification = "IoT" })
		set(2, func(r *sandbox.Record) { r.Status = "Parked" })
		set(3, func(*sandbox.Record) {})
		set(4, func(r *sandbox.Record) { r.Status = "ACTIVE" })
		b.again("Number,MessageRouteId,VoiceEnabled\n" + strings.Join([]string{
			number(0) + ",MRID-11111111-3d60-4e4f-8a35-2f6e1d90c4b8,",
			number(1) + ",,yes",
			number(2) + ",MRID-47a06b4c-3d6,",
			number(3) + ",MRID-47a06b4c-3d6,",
			number(4) + "," + whole + ",",
		}, "\n") + "\n")
		b.config.Read = plan.ReadInventory
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(notesOf(run), "\n")
		for _, want := range []string{
			`warning: the number's status is "Parked", and not Active: lines 2, 4`,
			"warning: VoiceEnabled: true is for voice, which a number that is IoT does not have by the vendor's rules (see whether this number is meant; it is sent as it is): line 3",
			"warning: MessageRouteId: MRID-47a06b4c-3d6 has 17 characters, and every other MRID- of the file and of the numbers that were read has 41 or more " +
				"(see whether it is whole; it is sent as it is): lines 4, 5",
			"2 of the 2 routes that rows would set are on no number of the inventory that was read; the first is MRID-11111111-3d60-4e4f-8a35-2f6e1d90c4b8 on line 2",
			"is cut off: it has 12 of the 36 characters of a UUID",
		} {
			if !strings.Contains(notes, want) {
				t.Errorf("the plan does not say %q:\n%s", want, notes)
			}
		}
		if n := strings.Count(notes, "status is"); n != 1 {
			t.Errorf("%d statuses are told:\n%s", n, notes)
		}
	})
}

// An id is not called short where another one of the file or of a number is as short, or none can be compared with it.
func TestAnIdAsShortAsOthersIsNotOdd(t *testing.T) {
	for name, c := range map[string]struct {
		rows []string
		has  string
		want bool
	}{
		"shorter than all":        {[]string{"MRID-0a1b2", "MRID-0a1b2c31"}, "MRID-0a1b2c32", true},
		"as short as a number's":  {[]string{"MRID-0a1b2", "MRID-0a1b2c31"}, "MRID-9a1b2", false},
		"as short as another row": {[]string{"MRID-0a1b2", "MRID-9a1b2"}, "MRID-0a1b2c32", false},
		"of a kind that none has": {[]string{"MRID-0a1b2"}, "legacy-route", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, ""))
			rows := "Number,MessageRouteId\n"
			for i, route := range c.rows {
				if err := b.fake.Set(number(i), func(r *sandbox.Record) { r.MessageRouteId = c.has }); err != nil {
					t.Fatal(err)
				}
				rows += fmt.Sprintf("%s,%s\n", number(i), route)
			}
			b.again(rows)
			run, err := b.dryRun()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(fmt.Sprint(notesOf(run)), "see whether it is whole"); got != c.want {
				t.Errorf("%s: %v", name, notesOf(run))
			}
		})
	}
}
