package acceptance

import (
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
)

// persons are the values of a masked run that identify somebody: none of them may be seen.
type persons []string

// notIn looks for them in a text, whatever its form.
func (p persons) notIn(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{text, html.UnescapeString(text), strings.ReplaceAll(text, `\`, "")} {
		for _, value := range p {
			if at := strings.Index(strings.ToLower(form), strings.ToLower(value)); at >= 0 {
				t.Errorf("%s has %s: …%s…", where, value, form[max(0, at-100):min(len(form), at+60)])
				break
			}
		}
	}
}

// Whatever a run has of persons, and whatever the API says of them in its errors, is in no masked report and in no masked
// log. What a report is for stays.
func TestMaskedReportsAndLogsNameNobody(t *testing.T) {
	t.Parallel()
	o := newOperator(t, sandbox.Config{Numbers: 20, Judge: func(before, after sandbox.Record) (v sandbox.Verdict) {
		if after.CnamFirstName != before.CnamFirstName {
			v.Refuse = "of " + after.Number + " (" + strings.TrimPrefix(after.Number, "+1") + ") to " + strings.ToUpper(after.CnamLastName) +
				", " + after.CnamFirstName + "; SIM '" + after.Iccid + "', not " + before.Iccid + " of " + after.AssignedSubscriberId
		}
		return v
	}})
	const cells = "Number,CnamFirstName,CnamLastName,Iccid,AssignedSubscriberId,MessageRouteId,If.CnamLastName\n" +
		"+18015550001,Zebulon,O'Quixote,8901260123456789011,TSUID-7f3a55d1,MRID-kept,\n" +
		"+18015550002,Marie-Odile,Wu,8901260123456789029,TSUID-7f3a55d2,MRID-kept,\n" +
		"+18015550003,,,,,MRID-kept,Vanterpool\n" +
		"+18015550004,,,,,MRID-kept,\n" +
		"+18015550005,,,89012601234567,,,\n" +
		"+1 (801) 555-0006x,Ludmilla,,,,,\n"
	if err := os.WriteFile(filepath.Join(o.dir, "18015550009.csv"), []byte(cells), 0o600); err != nil {
		t.Fatal(err)
	}
	who := persons{
		"8015550001", "8015550002", "8015550003", "8015550004", "8015550005", "555-0006", "8015550009", "Zebulon", "Quixote", "Odile", "Vanterpool",
		"Ludmilla", "89012601", "7f3a55d", `"Wu"`, " WU,",
	}
	rows := []string{"18015550009.csv", "--skip-invalid", "--max-invalid", "100%", "--max-changes", "100%", "--log-mask", "--log-level", "debug"}
	for _, printed := range [][]string{{"--format", "markdown"}, {"--full"}, {"--json"}} {
		c := o.bulknum(5, append(append([]string{"plan", "--mask"}, rows...), printed...)...)
		who.notIn(t, "plan "+printed[0], c.stdout.String())
		who.notIn(t, "what is said of plan "+printed[0], c.stderr.String())
		if text := c.stdout.String(); !strings.Contains(text, "MRID-kept") || !strings.Contains(text, "+18***01") {
			t.Errorf("plan %s: %s", printed[0], text)
		}
	}
	for _, format := range []string{"console", "json"} {
		c := o.bulknum(5, append([]string{"apply", "--yes", "--run", format, "--max-failures", "100%", "--log-format", format}, rows...)...)
		who.notIn(t, "the log as "+format, c.stderr.String())
		kept, err := os.ReadFile(filepath.Join(o.dir, "runs", format, "run.log"))
		if err != nil {
			t.Fatal(err)
		}
		who.notIn(t, "run.log", string(kept))
		if log := string(kept); !strings.Contains(log, `"line":2,"number":"+18***01","status":"failed"`) || strings.Count(log, "SIM '8901***") < 2 {
			t.Errorf("run.log: %s", log)
		}
	}
	for _, format := range []string{"text", "csv", "jsonl", "html", "markdown"} {
		open, masked := o.bulknum(0, "report", "json", "--format", format).stdout.String(), o.bulknum(0, "report", "json", "--format", format, "--mask").stdout.String()
		who.notIn(t, "the report as "+format, masked)
		for _, shown := range []string{"MRID-kept", "JNUOID-", "conflict", "updated", "failed", "invalid"} {
			if strings.Count(masked, shown) != strings.Count(open, shown) {
				t.Errorf("%s has %d times %s, and masked %d times", format, strings.Count(open, shown), shown, strings.Count(masked, shown))
			}
		}
		for _, value := range []string{"8015550001", "Zebulon", "Vanterpool", "89012601"} {
			if !strings.Contains(open, value) {
				t.Errorf("%s does not show %s where nothing is masked", format, value)
			}
		}
	}
}
