package current

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// A reading lags behind the newest update of a field, whatever the order in which updates are told.
func TestOwnGoesByTheNewestUpdateOfAField(t *testing.T) {
	const number, lag = "+18018018011", time.Minute
	at := time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)
	set := func(field, value string) (s settings.Settings) {
		s.Set(field, value)
		return s
	}
	o := NewOwn(lag)
	o.Note(number, set("MessageRouteId", "MRID-a"), at, true)
	o.Note(number, set("MessageRouteId", "MRID-b"), at.Add(10*time.Second), true)
	o.Note(number, set("MessageRouteId", "MRID-c"), at.Add(5*time.Second), true)
	o.Note(number, set("VoiceRouteId", "CRID-a"), at, true)
	for route, want := range map[string]time.Time{"MRID-b": {}, "MRID-a": at.Add(10*time.Second + lag), "MRID-c": at.Add(10*time.Second + lag)} {
		is := settings.StateOf(client.Number{MessageRouteId: &route, VoiceRouteId: new("CRID-a")})
		if got := o.lags(store.Reading{Number: number, State: &is}); !got.Equal(want) {
			t.Errorf("a reading that shows %s lags until %v, want %v", route, got, want)
		}
	}
	is := settings.StateOf(client.Number{MessageRouteId: new("MRID-b"), VoiceRouteId: new("CRID-b")})
	if got, want := o.lags(store.Reading{Number: number, State: &is}), at.Add(lag); !got.Equal(want) {
		t.Errorf("a reading that does not show the older update of another field lags until %v, want %v", got, want)
	}
}
