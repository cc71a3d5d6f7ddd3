package cli

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/words"
)

// printError prints an error, and the next step where there is one. Where all is log lines, the
// log of the run has told its end.
func (a *app) printError(err error) {
	if err == nil || errors.Is(err, errChanges) || errors.Is(err, syscall.EPIPE) {
		return
	}
	level, prefix := log.LevelError, "bulknum: error: "
	if isPart(err) {
		level, prefix = log.LevelWarn, "bulknum: warning: "
	}
	told := err
	if a.inJSON() && a.ended.Early() {
		told = besides(err, a.ended)
	}
	for _, one := range apart(told) {
		a.line(level, prefix, "%s", one)
	}
	if hint := hintFor(err, a.command); hint != "" {
		a.line(log.LevelInfo, "bulknum: ", "hint: %s", hint)
	}
}

// besides is what an error tells besides the end of a run; nil: nothing.
func besides(err error, end result.Stop) error {
	if parts := joined(err); parts != nil {
		var rest []error
		for _, part := range parts {
			rest = append(rest, besides(part, end))
		}
		return errors.Join(rest...)
	}
	if stop, is := result.StopIn(err); is && stop == end || result.StopFor(end.Reason, err).Detail == end.Detail {
		return nil
	}
	return err
}

// joined are the errors that were joined, of an error that says no more than they do.
func joined(err error) []error {
	parts, ok := err.(interface{ Unwrap() []error })
	if !ok || err.Error() != errors.Join(parts.Unwrap()...).Error() {
		return nil
	}
	return parts.Unwrap()
}

// apart returns the lines of an error: errors that were joined, and the guards that refuse, have one each. A line end in any
// other text, as a file's name may have it, makes no line.
func apart(err error) []string {
	if err == nil {
		return nil
	}
	var lines []string
	if parts := joined(err); parts != nil {
		for _, part := range parts {
			lines = append(lines, apart(part)...)
		}
		return lines
	}
	switch e := err.(type) { //nolint:errorlint // one layer after the other
	case *usageError:
		return apart(e.error)
	case *guard.RefusedError:
		for _, r := range e.Refusals {
			lines = append(lines, r.What())
		}
		return lines
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		before, found := strings.CutSuffix(err.Error(), inner.Error())
		if lines = apart(inner); found && len(lines) > 0 {
			lines[0] = before + lines[0]
			return lines
		}
	}
	return []string{err.Error()}
}

// tooManyFiles is an error of a limit on open files: the process's, or the machine's.
func tooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// hintFor is the next step after an error of a command.
func hintFor(err error, command string) string {
	var (
		advised  *advisedError
		usage    *usageError
		config   *configError
		invalid  *batch.InvalidError
		call     *client.Error
		stop     result.Stop
		guards   *guard.RefusedError
		locked   *store.LockedError
		inFolder *folder.Error
		file     *input.FileError
		broken   *store.BrokenError
	)
	if tooManyFiles(err) {
		return "too few files may be open at a time: allow more, as with ulimit -n 1024, and try again"
	}
	if storeRefused(err) {
		return storeHint(err)
	}
	switch {
	case errors.Is(err, store.ErrForbidden):
		return "use the address of a role that may, see Roles in docs/several-hosts.md"
	case errors.As(err, &locked):
		return "try again when it is done, or wait for it with --wait-lock 30m"
	case errors.As(err, &advised):
		return advised.advice
	case errors.As(err, &usage):
		return command + " --help says what it takes"
	case errors.As(err, &config):
		return config.hint
	case errors.As(err, &broken) && !errors.As(err, &stop):
		return "this command sent nothing: see whether the disk of --runs-dir has space, and can be written"
	case errors.As(err, &inFolder):
		return folderHint(inFolder)
	case errors.As(err, &file) && len(file.Problems) == 1:
		return words.Hint(file.Problems[0])
	case errors.As(err, &invalid):
		return "correct them, or send only the valid rows with --skip-invalid"
	case errors.As(err, &guards):
		return guardHint(guards)
	case isPart(err):
		return "export again when the inventory is quiet"
	case errors.Is(err, batch.ErrNothingRead):
		return "leave out --all, or the If. columns"
	case errors.Is(err, errNobody):
		return "give --yes to do it without being asked"
	case errors.As(err, &call):
		return words.Cure(result.NextOf(call))
	case errors.As(err, &stop):
		return words.CureStop(stop.NextStep())
	default:
		return ""
	}
}

// guardHint names the flags that would let a refused plan pass, and the one that nothing lets pass.
func guardHint(e *guard.RefusedError) string {
	hint := "nothing was sent"
	if e.SentBefore {
		hint = "nothing more was sent"
	}
	var flags, told []string
	for _, r := range e.Refusals {
		if advice := words.Advice(r); advice != "" && !slices.Contains(told, advice) {
			told = append(told, advice)
			hint += "; " + advice
		}
		if flag := words.Allowing(r); flag != "" && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	if len(flags) == 0 {
		return hint
	}
	return hint + "; if it is meant so: " + strings.Join(flags, " ")
}

// storeHint is the cure of a store that is not to be used as it is. One that is in no folder has an address.
func storeHint(err error) string {
	refused, ok := errors.AsType[*store.RefusedError](err)
	if !ok {
		return "bulknum store check shows what is damaged; " + sqlite.CureDamaged
	}
	cure := words.WithOptions(refused.Cure, refused.Options)
	switch {
	case refused.Elsewhere == "":
		return cure
	case strings.Contains(refused.Elsewhere, "://"):
		return "set BULKNUM_STORE to its address; or " + cure
	}
	hint := "give --" + option.RunsDir + " " + words.ShellWord(filepath.Dir(refused.Elsewhere)) + "; or " + cure
	if strings.Contains(refused.Place, "://") {
		hint = "unset BULKNUM_STORE, and " + hint
	}
	return hint
}

// folderHint is the cure for a run's folder that cannot be made.
func folderHint(e *folder.Error) string {
	_, path := errors.AsType[*fs.PathError](e)
	if !path || errors.Is(e, fs.ErrExist) {
		return "take another --run, or leave it out"
	}
	return "give a --runs-dir that can be written"
}
