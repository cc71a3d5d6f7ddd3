package settings_test

import (
	"fmt"
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client/sandbox"
)

// After an update of what differs, nothing differs, however the API spells what
// it tells. What one reading cannot tell is excused; it must be gone too when
// the answer of the update is remembered.
func TestNoFalseDifferencesInAnySpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		api := newAPI(t, spelling(t))
		want := anyRow(t)
		after, ok := api.bring(t, want, api.read(t))
		if !ok {
			return
		}
		api.checkTruth(t, want)
		for _, c := range settings.Diff(want, api.read(t)) {
			if !api.excused(c, want) {
				t.Errorf("asked %v, after the update %v: %v", want, known(after), c)
			}
		}
		// An answer may tell that a name is split otherwise than it seemed.
		for _, c := range settings.Diff(want, after) {
			if c.Old == c.New || c.WriteOnly || c.Old != api.truth(c.Field) {
				t.Errorf("asked %v, remembered %v: %v is not so", want, known(after), c)
			}
		}
		after, _ = api.bring(t, want, after)
		if again := settings.Diff(want, after); again != nil {
			t.Errorf("asked %v, after two updates %v: %v", want, known(after), again)
		}
	})
}

// Each of the vendor's published spellings hides one field. That a number has no subscriber is shown by none.
func TestWhatThePublishedSpellingsHide(t *testing.T) {
	for name, test := range map[string]struct {
		spelling sandbox.Spelling
		hidden   string
	}{
		"current": {sandbox.Spelling{}, productType},
		"older":   {sandbox.Older(), productType},
		"spec":    {sandbox.Spec(), subscriber},
	} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			api := newAPI(t, test.spelling)
			now := api.read(t)
			for _, f := range settings.Fields() {
				hidden := f.Name == test.hidden || f.Name == subscriber && api.truth(subscriber) == ""
				if _, shown := now.Get(f.Name); shown == hidden {
					t.Errorf("%s is shown: %v", f.Name, shown)
				}
			}
		}))
	}
}

// Records as the vendor's pages have them, beside rows that ask for the same.
func TestPublishedRecords(t *testing.T) {
	for record, want := range map[string]settings.Settings{
		`{"Number":"+18018018011","TNID":"TNID-1","OrderId":"TNOID-1","NumberType":"Mobile","MessageEnabled":true,
		"MessageRouteId":"MRID-1","VoiceEnabled":true,"Classification":"MVNO","MessageType":"A2P","VoiceRouteId":"T9992774",
		"Status":"Active","OriginalDatePurchased":null,"AssignedSubscriberId":null,"Iccid":"8901240397190557414F",
		"Cnam":"Bob's Shake Shack"}`: asked("MessageEnabled", "true", "VoiceEnabled", "true", "MessageType", "a2p",
			"Classification", "MVNO", "MessageRouteId", "MRID-1", "VoiceRouteId", "T9992774",
			"Iccid", "8901240397190557414", firstName, "Bob's Shake", lastName, "Shack"),
		`{"PhoneNumber":"18018018011","SmsEnabled":"Yes","VoiceEnabled":"No","AssignedSubscriberId":"SID-7","Cnam":""}`: asked(
			"MessageEnabled", "true", "VoiceEnabled", "false", subscriber, "TSUID-7", lastName, ""),
		`{"Number":"+18018018011","Tnid":null,"MessageType":"p2p","Iccid":"8901240397190557414F","CnamFirstName":"Bob",
		"CnamLastName":"Smith","ProductType":"Sms-Only"}`: asked("MessageType", "p2p", "Iccid", "8901240397190557414F",
			firstName, "Bob", lastName, "Smith", productType, "Sms-Only"),
	} {
		box, err := sandbox.New(sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if r.Method == http.MethodPost {
				return nil // a token
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, record) })
		}})
		if err != nil {
			t.Fatal(err)
		}
		now := api{client: serve(t, box)}.read(t)
		if changes := settings.Diff(want, now); changes != nil {
			t.Errorf("%s: %v", record, changes)
		}
	}
}
