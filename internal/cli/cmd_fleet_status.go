package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/overview"
	"github.com/bulknum/bulknum/report/words"
)

// FleetStatusDocument is what fleet status prints as JSON.
type FleetStatusDocument struct {
	// Version is the version of this document.
	Version int       `json:"version"`
	At      time.Time `json:"at"`
	// Jobs are the newest job of each account, and of each command of a schedule.
	Jobs []queue.Job `json:"jobs"`
}

func fleetStatusCommand(a *app) *cobra.Command {
	var asJSON, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the run of every account that was entered for workers",
		Long: `Show the newest job of every account that bulknum fleet apply --queue has
entered, and of each command of a schedule: where it is, on which host, how far,
and when it will be done. What a worker told last is up to ten seconds old.
With --watch, only what goes on and what was entered last is shown, until all of
that has ended; the exit code is the worst of it. A store that is away meanwhile
is waited for.`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runFleetStatus(cmd.Context(), a, asJSON, watch) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print it as one JSON document; with --watch, one a line")
	flags.BoolVar(&watch, "watch", false, "print it again and again, until no job is left that goes on")
	return cmd
}

func runFleetStatus(ctx context.Context, a *app, asJSON, watch bool) error {
	at, err := neededStore(a, "fleet status")
	if err != nil {
		return err
	}
	q, err := queue.Look(ctx, at)
	if err != nil {
		return queueError(at, err)
	}
	defer q.Close()
	if watch {
		return watchJobs(ctx, a, q, asJSON)
	}
	jobs, err := q.Jobs(ctx)
	if err != nil {
		return queueError(at, err)
	}
	return printJobs(a, FleetStatusDocument{Version: 1, At: time.Now(), Jobs: jobs}, asJSON, false)
}

// watchJobs prints the current jobs again and again, until all are over. A server that is away meanwhile is waited for: the
// jobs go on without it.
func watchJobs(ctx context.Context, a *app, q *queue.Queue, asJSON bool) error {
	away := false
	for began := time.Now(); ; {
		jobs, err := q.Jobs(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case postgres.Away(err):
			if !away {
				a.warn("%s; it is tried again until it answers", result.OneLine(err))
			}
			away = true
		case err != nil:
			return err
		default:
			away = false
			jobs = queue.Current(jobs, began)
			if err := printJobs(a, FleetStatusDocument{Version: 1, At: time.Now(), Jobs: jobs}, asJSON, true); err != nil {
				return err
			}
			if !slices.ContainsFunc(jobs, func(j queue.Job) bool { return !j.State.Over() }) {
				return worstOf(jobs)
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(statusEvery):
		}
	}
}

// worstOf is the error of jobs that are over, with the worst of their exit codes; nil: all came to a good end. One that was
// cancelled was stopped.
func worstOf(jobs []queue.Job) error {
	var codes []int
	var outcomes []fleet.Outcome
	for _, j := range jobs {
		o := fleet.Outcome{Account: j.Account, Begun: true}
		switch {
		case j.ExitCode != nil:
			o.ExitCode = *j.ExitCode
		case j.State == queue.StateCancelled:
			o.ExitCode = exitStopped
		}
		codes, outcomes = append(codes, o.ExitCode), append(outcomes, o)
	}
	worst := fleet.Worst(codes)
	if worst == exitOK {
		return nil
	}
	return &fleetError{said: overview.New("status", time.Now(), worst, outcomes).Said(), code: worst}
}

// printJobs prints jobs for people, or for programs.
func printJobs(a *app, d FleetStatusDocument, asJSON, watch bool) error {
	if asJSON {
		out := json.NewEncoder(a.Out)
		if !watch {
			out.SetIndent("", "  ")
		}
		return out.Encode(d)
	}
	if len(d.Jobs) == 0 {
		fmt.Fprintln(a.Out, "no jobs")
		return nil
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"Account", "State", "Host", "Run", "Rows", "Ends", "Why"})
	for _, j := range d.Jobs {
		rows := ""
		if j.Total > 0 {
			rows = fmt.Sprintf("%d of %d", j.Done, j.Total)
		}
		t.AppendRow(table.Row{j.Account, jobState(j), j.Host, strings.TrimSpace(j.Run + " " + strings.Join(j.Command, " ")), rows, clockOf(j), words.Printable(j.Why)})
	}
	if watch {
		fmt.Fprintln(a.Out, d.At.Format(words.Clock))
	}
	fmt.Fprintln(a.Out, t.Render())
	return nil
}

// jobState is the state of a job, for people.
func jobState(j queue.Job) string {
	text := strings.ReplaceAll(string(j.State), "_", " ")
	switch {
	case j.State == queue.StateRunning && j.Phase != "":
		return text + ", " + j.Phase
	case j.State.Over() && j.ExitCode != nil && *j.ExitCode != exitOK:
		return fmt.Sprintf("%s, exit code %d", text, *j.ExitCode)
	default:
		return text
	}
}

// clockOf is when a job ends, has ended, or is tried again.
func clockOf(j queue.Job) string {
	for _, at := range []time.Time{j.EndedAt, j.NextAt, j.Ends} {
		if !at.IsZero() {
			return at.Local().Format(words.Clock)
		}
	}
	return ""
}

func fleetCancelCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel [ACCOUNT]",
		Short: "Cancel the jobs of an account, or of all",
		Long: `Cancel the jobs of ACCOUNT, or of all accounts, that are not over. A run that
goes on is stopped in good order, within half a minute, on whatever host it is;
bulknum resume, or bulknum fleet apply --queue with the file, goes on.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := neededStore(a, "fleet cancel")
			if err != nil {
				return err
			}
			q, err := queue.Look(cmd.Context(), at)
			if err != nil {
				return queueError(at, err)
			}
			defer q.Close()
			cancelled, err := q.Cancel(cmd.Context(), strings.Join(args, ""))
			for _, j := range cancelled {
				a.note("cancelled: %s", strings.TrimSpace(j.Account+" "+j.Run+" "+strings.Join(j.Command, " ")))
			}
			if err == nil && len(cancelled) == 0 {
				of := ""
				if len(args) > 0 {
					of = " of account " + words.ShellWord(args[0])
				}
				err = &configError{err: fmt.Errorf("there is no job%s that goes on", of), hint: "bulknum fleet status shows all"}
			}
			return err
		},
	}
}
