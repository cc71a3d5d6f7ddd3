package current_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/store"
)

// Of a file of current settings a blank cell is a field without a value, what is not known stays so, what nobody may
// write today is taken as it was told, and a row that cannot be read tells nothing.
func TestLoadTakesOnlyWhatIsTold(t *testing.T) {
	for name, text := range map[string]string{
		"current.csv": "Number,MessageRouteId,VoiceRouteId,MessageType\n" +
			"+18015550100,MRID-1,,MMS\n+18015550101,<unknown>,<empty>,\n+18015550102,#N/A,CRID-1,p2p\n",
		"current.jsonl": `{"Number":"+18015550100","MessageRouteId":"MRID-1","VoiceRouteId":null,"MessageType":"MMS"}` + "\n" +
			`{"Number":"+18015550101","VoiceRouteId":"","MessageType":""}` + "\n" +
			`{"Number":"+18015550102","MessageRouteId":"#N/A","VoiceRouteId":"CRID-1"}` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			readings := current.NewReadings(store.ForPlan, nil)
			told, err := readings.Load(t.Context(), path, time.Now())
			if err != nil || told.Numbers != 3 || told.Found != 2 || told.Trouble == "" {
				t.Errorf("%+v, %v", told, err)
			}
			got := map[string]map[string]string{}
			for _, number := range []string{"+18015550100", "+18015550101", "+18015550102"} {
				l, known := readings.Get(number)
				if !known {
					continue
				}
				got[number] = map[string]string{}
				for _, field := range []string{"MessageRouteId", "VoiceRouteId", "MessageType", "Iccid"} {
					if value, known := l.State.Get(field); known {
						got[number][field] = value
					}
				}
			}
			want := map[string]map[string]string{
				"+18015550100": {"MessageRouteId": "MRID-1", "VoiceRouteId": "", "MessageType": "MMS"},
				"+18015550101": {"VoiceRouteId": "", "MessageType": ""},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
