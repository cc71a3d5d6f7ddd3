package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

// silentFor is after what time of silence the lock of a run can be broken. A holder is heard of every ten seconds.
const silentFor = time.Minute

// breakLock takes the locks from a run that is not heard of any more, and has it recorded.
func breakLock(ctx context.Context, a *app, f *ctlFlags, run *runs.Run, by string) error {
	name := run.Identity.Name
	holder, _ := run.In.Store.Holder(run.Stored.ID)
	who := fmt.Sprintf("pid %d on %s", holder.PID, holder.Host)
	breaker, shared := run.In.Store.(store.Breaker)
	if !shared {
		return &configError{
			err:  fmt.Errorf("run %s: its store is in a runs folder, where a lock ends with its process, and with nothing else", name),
			hint: "end " + who + ", once it is known what it is at",
		}
	}
	silence, err := breaker.Silence(ctx, run.Stored.ID)
	if err != nil {
		return err
	}
	if silence < silentFor {
		return &advisedError{
			fmt.Errorf("run %s: %s was heard of %s ago, so it is not dead: a lock is only broken after %s of silence",
				name, who, words.Duration(silence.Round(time.Second)), words.Duration(silentFor)),
			"end the run in good order: bulknum ctl " + words.ShellWord(name) + " stop",
		}
	}
	question := fmt.Sprintf("Run %s is carried out by %s since %s, which was not heard of for %s.\n"+
		"Its connection to the store is ended: it can send nothing more, and resume, on any\n"+
		"host, waits for what it may have under way and reads it.\nType yes to break its lock: ",
		name, who, holder.Since.Local().Format(words.Clock), words.Duration(silence.Round(time.Second)))
	if err := a.agreed(ctx, question, f.yes, errNotBroken); err != nil {
		return err
	}
	if err := breaker.Break(ctx, run.Stored.ID, silentFor); err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	a.note("the lock of run %s is broken: %s sends nothing more; go on, on any host: bulknum resume %s", name, who, words.ShellWord(name))
	return recordBroken(ctx, a, f, run, event.Commanded{
		At: time.Now(), What: event.CommandBreak, Detail: "of " + who, By: fmt.Sprintf("%s (%s)", by, here()),
	})
}

// recordBroken records that a lock was broken.
func recordBroken(ctx context.Context, a *app, f *ctlFlags, run *runs.Run, broken event.Commanded) error {
	in, done, err := a.openRuns(ctx, &f.store, toWrite, false)
	if err != nil {
		return errors.Join(errors.New("that the lock was broken is not recorded"), err)
	}
	defer done()
	record := runs.Recorder{Store: in.Store, Run: run.Stored.ID}
	return record.Milestone(store.Commanded, broken.At, broken)
}

// here is the user and the host.
func here() string { return userName() + "@" + hostName() }
