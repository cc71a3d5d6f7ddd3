package cli

import (
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/overview"
	"github.com/bulknum/bulknum/report/watch/live"
	"github.com/bulknum/bulknum/report/watch/notify"
)

// Documents are the forms of all that is written for programs as JSON, by name: what a command prints, an empty value of
// its type. docs/schemas is made from them.
func Documents() map[string]any {
	return map[string]any{
		"check":        CheckDocument{},
		"ctl":          files.StatusDocument{},
		"fleet-status": FleetStatusDocument{},
		"fleet":        overview.Document{},
		"history":      files.HistoryDocument{},
		"live-state":   live.State{},
		"notification": notify.Notification{},
		"plan-diff":    files.DiffDocument{},
		"plan":         files.PlanDocument{},
		"report-line":  files.ResultLine{},
		"routes":       files.RoutesDocument{},
		"runs":         files.RunsDocument{},
		"summary":      runs.Summary{},
		"validate":     ValidateDocument{},
		"verify":       files.VerifyDocument{},
		"version":      VersionDocument{},
	}
}
