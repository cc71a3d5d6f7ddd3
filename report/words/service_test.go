package words_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/words"
)

func TestServiceTellsWhenNumbersAreInService(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 34, 0, 0, time.UTC)
	for _, test := range []struct {
		is   *runs.Service
		want []string
	}{
		{nil, nil},
		{&runs.Service{VoiceRoutes: 1, VoiceRoutesAt: at, Pending: 1}, []string{
			"Calls of 1 number take the new voice route by 2026-11-23 02:34:00 UTC: the network moves them within 10m; 1 order pending, and so long after that",
		}},
		{&runs.Service{VoiceRoutes: 1200, VoiceRoutesAt: at, CallerNames: 3}, []string{
			"Calls of 1,200 numbers take the new voice route by 2026-11-23 02:34:00 UTC: the network moves them within 10m",
			"Caller names of 3 numbers take 24 to 48 hours across carriers",
		}},
	} {
		if got := words.Service(test.is, time.UTC); !slices.Equal(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
