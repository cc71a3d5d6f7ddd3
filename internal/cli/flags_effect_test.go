package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What the rules of effects name are options that there are.
func TestRulesOfEffectsNameOptions(t *testing.T) {
	var flags []string
	everyCommand(t, nil, func(_ *app, cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	})
	var named []string
	for _, n := range needs() {
		named = append(append(named, n.option), n.of...)
	}
	for _, c := range clashes() {
		named = append(append(named, c.beside), c.options...)
		if c.unless != "" {
			named = append(named, c.unless)
		}
	}
	for _, name := range named {
		if !slices.Contains(flags, name) {
			t.Errorf("no command has --%s", name)
		}
	}
}

// An option of the command line that can have no effect is wrong usage, and the refusal says why. One that switches
// something off, or that the command always heeds, is none.
func TestOptionsWithoutEffect(t *testing.T) {
	for line, want := range map[string]string{
		"apply x --gate true":                                     "--gate has no effect: it needs --waves",
		"apply x --confirm-waves":                                 "--confirm-waves has no effect: it needs --waves",
		"apply x --wave-failures 3":                               "--wave-failures has no effect: it needs --waves",
		"apply x --allow-partial-first-wave":                      "--allow-partial-first-wave has no effect: it needs --waves",
		"plan x --verify none":                                    "--verify has no effect: it needs --waves",
		"plan x --max-wave 3":                                     "--max-wave has no effect: it needs --waves",
		"rollback x --pause-between 5m":                           "--pause-between has no effect: it needs --waves",
		"rollback x --json":                                       "--json has no effect: it needs --dry-run",
		"apply x --reserve-rollback":                              "--reserve-rollback has no effect: it needs --deadline",
		"apply x --wait-for 1m":                                   "--wait-for has no effect: it needs --wait or --waves",
		"apply x --max-plan-age 1h":                               "--max-plan-age has no effect: it needs --plan or --approved",
		"apply x --max-invalid 3":                                 "--max-invalid has no effect: it needs --skip-invalid",
		"apply x --max-age 3h":                                    "--max-age has no effect: it needs --state",
		"apply x --all --state x":                                 "--state has no effect beside --all: nothing is read, and every field is sent",
		"apply x --all --write-only skip":                         "--write-only has no effect beside --all: nothing is read, and every field is sent",
		"apply x --sandbox --state x --max-age 3h":                "--max-age has no effect beside --sandbox: an inventory to rehearse on may be of any age",
		"check --sandbox --ca-file x":                             "--ca-file has no effect beside --sandbox: the sandbox is in this process",
		"apply x --sandbox-reset":                                 "--sandbox-reset has no effect: it needs --sandbox",
		"sandbox --window rolling":                                "--window has no effect: it needs --quota",
		"apply x --gate  --pause-between 0 --confirm-waves=false": "",
		"rollback latest --full":                                  "rollback takes no latest",
	} {
		var printed strings.Builder
		streams := Streams{
			In: strings.NewReader(""), Out: io.Discard, Err: &printed, LookupEnv: func(string) (string, bool) { return "", false },
		}
		code := Main(t.Context(), streams, strings.Split(line, " "))
		if want == "" {
			if strings.Contains(printed.String(), "no effect") {
				t.Errorf("%s:\n%s", line, &printed)
			}
			continue
		}
		if code != exitUsage || !strings.Contains(printed.String(), "bulknum: error: "+want) {
			t.Errorf("%s: exit code %d, want %q:\n%s", line, code, want, &printed)
		}
	}
}

// A variable of a name that nothing has is refused, and one that is for another command is not; neither is shown.
func TestUnknownVariables(t *testing.T) {
	for pair, refused := range map[string]bool{
		"BULKNUM_RTAE=s3cret": true, "BULKNUM_YES=s3cret": true, "BULKNUM_SERVICE_HOST=s3cret": true, "BULKNUM_MAX_CHANGES=s3cret": true,
		"BULKNUM_RATE=1/s": false, "BULKNUM_NOTIFY_URL=x": false, "BULKNUM_NOTIFY_URL_FILE=x": false, "BULKNUM_QUOTA=1/s": false,
		"BULKNUM_GATE_WAVE=2": false, "BULKNUM_RTAE=": false, "TELEGENT_TOKEN=x": false, "BULK=x": false,
	} {
		var printed strings.Builder
		streams := Streams{
			Out: io.Discard, Err: &printed, LookupEnv: func(string) (string, bool) { return "", false },
			Environ: func() []string { return []string{"HOME=/", pair} },
		}
		code := Main(t.Context(), streams, []string{"version"})
		name, _, _ := strings.Cut(pair, "=")
		if told := strings.Contains(printed.String(), "bulknum: error: "+name+" is set: "); told != refused || (code == exitInvalid) != refused {
			t.Errorf("%s: exit code %d, refused: %t\n%s", pair, code, told, &printed)
		}
		if strings.Contains(printed.String(), "s3cret") {
			t.Errorf("%s: its value is shown\n%s", pair, &printed)
		}
	}
}
