package words

import (
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// Service are, line by line, when what a run changed is expected to be in service, by the clock of a zone.
func Service(s *runs.Service, zone *time.Location) []string {
	if s == nil {
		return nil
	}
	var lines []string
	if n := s.VoiceRoutes; n > 0 {
		line := fmt.Sprintf("Calls of %s take the new voice route by %s", CountOf(n, "number"), s.VoiceRoutesAt.In(zone).Format(Clock))
		line += fmt.Sprintf(": the network moves them within %s", plan.Duration(settings.VoiceRouteTakes))
		if s.Pending > 0 {
			line += fmt.Sprintf("; %s pending, and so long after that", CountOf(s.Pending, "order"))
		}
		lines = append(lines, line)
	}
	if n := s.CallerNames; n > 0 {
		lines = append(lines, fmt.Sprintf("Caller names of %s take %d to %d hours across carriers", CountOf(n, "number"),
			settings.CallerNameTakes/time.Hour, settings.CallerNameAtMost/time.Hour))
	}
	return lines
}
