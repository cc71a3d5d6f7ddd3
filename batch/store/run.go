package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// RunID is a run's number in its store.
type RunID int64

// Sequence orders what was done: later is larger.
type Sequence int64

// Input is the input of a run.
type Input struct {
	// File is its name in the run's folder, such as input.csv.
	File string `json:"file"`
	// SHA256 is the hash of its bytes, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Bytes is its size.
	Bytes int64 `json:"bytes"`
}

// NewRun is a run that is to be entered.
type NewRun struct {
	Name, Job string
	Account   AccountID
	StartedAt time.Time
	// DryRun is a run that ends with the plan. Cutover is one whose changes
	// others may not roll back. RollbackOf is the run that this one rolls back;
	// 0: none.
	DryRun, Cutover bool
	RollbackOf      RunID
	// Identity is all that is to be known of it, for whoever reads it again.
	Identity json.RawMessage
	// Input is the input, whose bytes are read from Source. Equal ones are kept
	// once.
	Input  Input
	Source io.Reader
}

// Run is a run that was entered.
type Run struct {
	ID RunID
	// Sequence is when it was entered.
	Sequence        Sequence
	Name, Job       string
	Account         Account
	StartedAt       time.Time
	DryRun, Cutover bool
	RollbackOf      RunID
	Identity        json.RawMessage
	Input           Input
	// Unprotected tells that others may roll back what it changed.
	Unprotected bool
}

// SameJob reports whether two runs repeat one job. What has none, such as one of standard
// input, shares it with nobody.
func (r Run) SameJob(other Run) bool {
	return r.Job != "" && r.Job == other.Job && r.Account.ID == other.Account.ID
}

// RunFilter chooses runs. Its zero value chooses all.
type RunFilter struct {
	// Account and Job are whose; 0 and "": everybody's.
	Account AccountID
	Job     string
	// RollbackOf chooses those that take a run back.
	RollbackOf RunID
	// Cutovers chooses only them.
	Cutovers bool
	// Except is left out.
	Except RunID
}

// RunRow is a row of a run's plan.
type RunRow struct {
	Run Run
	// Row is as [PlanBlock] had it.
	Row []byte
}

// FirstNames names the first few of runs, as a message has room for.
func FirstNames(runs []string) string {
	const few = 3
	if len(runs) <= few {
		return strings.Join(runs, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(runs[:few], ", "), len(runs)-few)
}
