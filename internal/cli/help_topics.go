package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/settings"
)

// topics are the pages of help that are about no command.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What each exit code means", Long: exitCodeHelp},
		{Use: "input", Short: "How a file is written", Long: inputHelp()},
		{Use: "environment", Short: "Credentials, and variables in place of flags", Long: environmentHelp},
		{Use: "cutover", Short: "A cutover, step by step", Long: cutoverHelp},
	}
}

// inputHelp tells of the input, with the table of fields.
func inputHelp() string {
	var fields strings.Builder
	for _, f := range settings.Fields() {
		note := ""
		if !f.Shown {
			note = "  write-only: the API takes it and may not show it"
		}
		fmt.Fprintf(&fields, "  %s%s\n", f.Name, note)
	}
	return `One row a number, CSV or JSONL, which is told by the content and not by the
name; compressed with gzip or zstd or not; - is standard input.

  Number,MessageRouteId,VoiceEnabled
  +18018018011,MRID-73af1c52-8d0e-4b7f-9a35-2f6e1d90c4b8,yes
  +18018018012,,no

Number is required, in E.164 with its +. These fields may be set:

` + fields.String() + `
A blank cell keeps the setting as it is. <clear> in a text field empties it,
with --allow-clear. A column If.<Field> is a precondition: the row is sent only
while its number has that value, else it is a conflict. Case, blanks and
underscores in a column's name do not matter; --map reads another name,
--ignore-column passes one over.

bulknum validate FILE prints every mistake, offline, with its line, value and
cure.`
}

const environmentHelp = `Credentials come from the environment and never are flags, which everybody on a
machine can see:

  TELEGENT_ACCOUNT_KEY, TELEGENT_ACCOUNT_SECRET
        the account; each also as NAME_FILE, the path of a file that has it
  TELEGENT_ACCOUNT_SECRET_COMMAND
        a command that writes the secret, without a shell
  TELEGENT_TOKEN
        instead of them, good for one endpoint only: for apply --all
  TELEGENT_API_URL
        the address, if it is not the vendor's own

bulknum check tries them. --sandbox needs none. accounts/NAME.env has those of
account NAME, for --account NAME (docs/accounts.md).

Every flag also has an environment variable, BULKNUM_ and its name in capitals
(BULKNUM_RATE for --rate), except those that ask for something or disarm a
guard, such as --yes. A flag beats the environment. Other names that begin with
BULKNUM_ are refused, but for BULKNUM_GATE_..., which a gate is told, and
BULKNUM_NOTIFY_URL, the address that is told of a run's end.

HTTPS_PROXY, NO_PROXY, NO_COLOR, TERM, TZ and XDG_STATE_HOME mean what they
mean elsewhere.`

const cutoverHelp = `A cutover moves thousands of numbers from one route to another in a window, in
waves, with a way back. Each step works with --sandbox, without credentials:

  bulknum export > before.csv
        what there is: a backup, and what to compare with in the end
  bulknum export --where MessageRouteId=A --set MessageRouteId=B > cutover.csv
        who is moved from A to B, on the condition that nobody moves them before
  bulknum plan cutover.csv --run cutover --waves 10,25%,100% --deadline 2h
        what changes, how long it takes, and until when a rollback would still
        end in time
  bulknum apply --plan cutover --deadline 2h --reserve-rollback
        exactly that plan; after each wave its numbers are read back, and the
        next begins if it passed; --gate COMMAND or --confirm-waves ask besides
  bulknum ctl cutover status
        from another terminal; also pause, continue, next, rate, stop
  bulknum resume cutover
        whatever stopped it
  bulknum verify cutover --detailed-exitcode
        the proof: 2 if any number has another value by now
  bulknum rollback cutover --run back
        the way back, for what nobody changed since

What it moved, other jobs do not move back, until --unprotect cutover or the
rollback ends that.`
