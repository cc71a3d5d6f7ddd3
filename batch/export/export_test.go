package export_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

// inventoryOf returns a sandbox and a reader of it.
func inventoryOf(t *testing.T, config sandbox.Config) (*sandbox.Sandbox, *client.Reader) {
	t.Helper()
	fake, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	transport, stop := pipenet.Listen().Serve(fake)
	t.Cleanup(stop)
	reader, err := client.NewReader(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Transport:   transport,
		Rate:        client.Unlimited,
	})
	if err != nil {
		t.Fatal(err)
	}
	return fake, reader
}

// exported is the file that an export makes.
func exported(t *testing.T, config export.Config) (string, export.Result) {
	t.Helper()
	var b bytes.Buffer
	done, err := export.Export(context.Background(), config, &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), done
}

// loaded are the rows of a file, none of which may be invalid.
func loaded(t *testing.T, text string) []input.Row { return read(t, text, input.Options{}) }

// clearing are the rows of a file that may clear.
func clearing(t *testing.T, text string) []input.Row {
	return read(t, text, input.Options{AllowClear: true})
}

// sameRow reports whether rows ask for the same, wherever they stand.
func sameRow(a, b input.Row) bool {
	return a.Number == b.Number && a.Settings == b.Settings && a.If == b.If
}

func read(t *testing.T, text string, options input.Options) []input.Row {
	t.Helper()
	options.AllowSharedICCID = true // an inventory may have one twice
	path := filepath.Join(t.TempDir(), "export")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := input.Check(context.Background(), path, options, func(p input.Problem) {
		if !p.Warning && !strings.Contains(p.Message, "no rows") { // an empty inventory is one too
			t.Errorf("%s (%s)", p, p.Hint)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []input.Row
	for row, err := range file.Rows(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	return all
}

// number is the n-th number of a sandbox.
func number(n int) string { return fmt.Sprintf("+1801%07d", 5550000+n) }

// terms adds terms one by one.
func terms[T any](t *testing.T, add func(T, string) (T, error), list ...string) T {
	t.Helper()
	var s T
	for _, term := range list {
		var err error
		if s, err = add(s, term); err != nil {
			t.Fatalf("%s: %v", term, err)
		}
	}
	return s
}

// spellings draws any mixture of the ways in which the API tells a record.
func spellings(rt *rapid.T) sandbox.Spelling {
	word := rapid.Bool()
	return sandbox.Spelling{
		PhoneNumber:  word.Draw(rt, "phone-number"),
		NoPlus:       word.Draw(rt, "no-plus"),
		YesNo:        word.Draw(rt, "yes-no"),
		TotalCount:   word.Draw(rt, "total-count"),
		Tnid:         word.Draw(rt, "tnid"),
		LowerCase:    word.Draw(rt, "lower-case"),
		TwoNames:     word.Draw(rt, "two-names"),
		ProductType:  word.Draw(rt, "product-type"),
		NoFiller:     word.Draw(rt, "no-filler"),
		NoSubscriber: word.Draw(rt, "no-subscriber"),
		OldPrefixes:  word.Draw(rt, "old-prefixes"),
		Empty:        rapid.SampledFrom([]sandbox.Empty{sandbox.EmptyNull, sandbox.EmptyString, sandbox.EmptyAbsent}).Draw(rt, "empty"),
	}
}

// odd are values that real inventories have and spreadsheets spoil.
func odd(rec *sandbox.Record, n int) {
	rec.VoiceRouteId = "T9992774"
	rec.Iccid = []string{"890124039719055623", "8901240397190550000", "8901240397190557414F", "8901240397190550000000", ""}[n%5]
	names := [][2]string{{"Bob's", "Shake Shack"}, {"=SUM(A1)", ""}, {"", "'t Hooft"}, {"N/A Ltd", "<clear>"}, {"@Home; \"Inc\"", "+1,-2"}, {"Ærø", "日本"}}
	rec.CnamFirstName, rec.CnamLastName = names[n%6][0], names[n%6][1]
}

// What is exported is in order, loads as it is, and asks for no change of the
// inventory that it was made from, however that is spelled.
func TestExportLoadsAndChangesNothing(t *testing.T) {
	if err := testextent.Checks(300); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		config := sandbox.Config{
			Seed:     rapid.Int64().Draw(rt, "seed"),
			Numbers:  rapid.IntRange(0, 40).Draw(rt, "numbers"),
			PageSize: rapid.IntRange(7, 40).Draw(rt, "page size"),
			Pages:    sandbox.Pages{NoTotal: rapid.Bool().Draw(rt, "no total")},
			Spelling: spellings(rt),
		}
		fake, reader := inventoryOf(t, config)
		for n := range rapid.IntRange(0, 12).Draw(rt, "odd") {
			if err := fake.Set(number(n), func(rec *sandbox.Record) { odd(rec, n) }); err != nil {
				rt.Fatal(err)
			}
		}
		text, done := exported(t, export.Config{Reader: reader})
		again, _ := exported(t, export.Config{Reader: reader})
		if diff := cmp.Diff(text, again); diff != "" {
			rt.Errorf("exported again:\n%s", diff)
		}
		rows, now := loaded(t, text), statesOf(t, reader)
		if !done.Whole || done.Read != len(rows) || done.Written != len(rows) || done.Refused != 0 {
			rt.Errorf("%d rows, told as %+v", len(rows), done)
		}
		for i, row := range rows {
			if number, _ := fake.InventoryNumber(i); row.Number != number {
				rt.Fatalf("row %d is %s, want %s", i, row.Number, number)
			}
			if changes := settings.Diff(row.Settings, now[row.Number]); len(changes) > 0 {
				rt.Errorf("%s: %v", row.Number, changes)
			}
		}
	})
}

// statesOf are those that the inventory tells.
func statesOf(t *testing.T, reader *client.Reader) map[string]settings.State {
	t.Helper()
	states := map[string]settings.State{}
	for page, err := range reader.Inventory(context.Background(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range page.Numbers {
			states[n.Number] = settings.StateOf(n)
		}
	}
	return states
}

// JSONL says the same as CSV.
func TestExportFormats(t *testing.T) {
	_, reader := inventoryOf(t, sandbox.Config{Numbers: 130, Spelling: sandbox.Spelling{ProductType: true}})
	comma, _ := exported(t, export.Config{Reader: reader})
	lines, _ := exported(t, export.Config{Reader: reader, Format: input.JSONL})
	if diff := cmp.Diff(loaded(t, comma), loaded(t, lines), cmp.Comparer(sameRow)); diff != "" {
		t.Error(diff)
	}
}

func TestExportAnObjectALine(t *testing.T) {
	fake, reader := inventoryOf(t, sandbox.Config{})
	err := fake.Set(number(1), func(rec *sandbox.Record) {
		*rec = sandbox.Record{MessageEnabled: true, MessageType: "a2p", CnamFirstName: "A&B", CnamLastName: "<3"}
	})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := exported(t, export.Config{Reader: reader, Format: input.JSONL})
	want := `{"Number":"+18015550001","MessageEnabled":true,"VoiceEnabled":false,"MessageType":"a2p","Classification":"",` +
		`"MessageRouteId":"","VoiceRouteId":"","AssignedSubscriberId":"","Iccid":"","CnamFirstName":"A&B","CnamLastName":"<3"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExportWhereAndSet(t *testing.T) {
	fake, reader := inventoryOf(t, sandbox.Config{Spelling: sandbox.Older()})
	for n, route := range []string{"MRID-a", "MRID-b", "MRID-a", "", "MRID-a"} {
		err := fake.Set(number(n), func(rec *sandbox.Record) {
			rec.MessageRouteId, rec.VoiceEnabled, rec.AssignedSubscriberId = route, n != 2, "TSUID-1"
			rec.VoiceRouteId = []string{"T9992774", "CRID-2", "CRID-3", "CRID-4", ""}[n]
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name       string
		where, set []string
		want       string
	}{
		{
			"a migration", []string{"message_route_id=MRID-a", "VoiceEnabled=yes"}, []string{"VoiceRouteId=CRID-z", "MessageRouteId=MRID-c"},
			"Number,MessageRouteId,VoiceRouteId,If.MessageRouteId,If.VoiceRouteId\n" +
				"+18015550000,MRID-c,CRID-z,MRID-a,T9992774\n+18015550004,MRID-c,CRID-z,MRID-a,<empty>\n",
		},
		{"no value", []string{"MessageRouteId="}, []string{"VoiceEnabled=off"}, "Number,VoiceEnabled,If.VoiceEnabled\n+18015550003,false,true\n"},
		{
			"by meaning", []string{"AssignedSubscriberId=TSUID-1", "MessageRouteId=MRID-b"}, []string{"CnamLastName=<clear>"},
			"Number,CnamLastName,If.CnamLastName\n+18015550001,<clear>,<empty>\n",
		},
		{"none", []string{"MessageRouteId=MRID-z"}, []string{"Iccid=<clear>"}, "Number,Iccid,If.Iccid\n"},
		{
			"not told", []string{"MessageRouteId=MRID-b"}, []string{"ProductType=Data-Only"},
			"Number,ProductType,If.ProductType\n+18015550001,Data-Only,<unknown>\n",
		},
	} {
		config := export.Config{Reader: reader, Where: terms(t, export.AddWhere, test.where...), Set: terms(t, input.AddSet, test.set...)}
		got, done := exported(t, config)
		lines, _ := exported(t, export.Config{Reader: reader, Where: config.Where, Set: config.Set, Format: input.JSONL})
		if done.Written > 0 && !slices.EqualFunc(clearing(t, got), clearing(t, lines), sameRow) {
			t.Errorf("%s: JSONL says something else:\n%s", test.name, lines)
		}
		if got != test.want || done.Read != 5 || done.Written != strings.Count(test.want, "\n")-1 {
			t.Errorf("%s: %+v\n%s", test.name, done, cmp.Diff(test.want, got))
		}
	}
}

// The status of a number is shown, and can be asked for; as input it is passed over. Of what is set it is no part.
func TestExportOfTheStatus(t *testing.T) {
	box, reader := inventoryOf(t, sandbox.Config{Numbers: 120})
	parked := 0
	for i := range 120 {
		number, _ := box.InventoryNumber(i)
		if err := box.Set(number, func(r *sandbox.Record) {
			if r.Status = "Active"; i%10 == 0 {
				r.Status, parked = "Inactive", parked+1
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, format := range []input.Format{input.CSV, input.JSONL} {
		text, done := exported(t, export.Config{Reader: reader, Format: format})
		if strings.Count(text, "Inactive") != parked || strings.Count(text, "Active") != 120-parked || len(loaded(t, text)) != 120 || done.Written != 120 {
			t.Errorf("%+v\n%s", done, text)
		}
		text, done = exported(t, export.Config{Reader: reader, Format: format, Where: terms(t, export.AddWhere, "status=inactive")})
		if strings.Count(text, "Inactive") != parked || done.Written != parked || len(done.Untold) > 0 {
			t.Errorf("%+v\n%s", done, text)
		}
		text, done = exported(t, export.Config{
			Reader: reader, Format: format, Where: terms(t, export.AddWhere, "Status=Active"), Set: terms(t, input.AddSet, "VoiceEnabled=no"),
		})
		if strings.Contains(text, "ctive") || done.Written != 120-parked {
			t.Errorf("%+v\n%s", done, text)
		}
	}
}

// A condition on a field that the API never tells says nothing, and that is told.
func TestExportWhereNobodyTells(t *testing.T) {
	_, reader := inventoryOf(t, sandbox.Config{Numbers: 120})
	where := terms(t, export.AddWhere, "ProductType=Data-Only", "VoiceEnabled=yes")
	_, done := exported(t, export.Config{Reader: reader, Where: where})
	if diff := cmp.Diff([]string{"ProductType"}, done.Untold); diff != "" || done.Written != 0 {
		t.Errorf("%+v\n%s", done, diff)
	}
}

// Whatever the listing does, a number is written once, and missing ones are noticed.
func TestExportOfPagesThatShift(t *testing.T) {
	for _, test := range []struct {
		name  string
		pages sandbox.Pages
		whole bool
		read  int
	}{
		{"honest", sandbox.Pages{}, true, 250},
		{"numbers come twice", sandbox.Pages{Shift: 7}, false, 236},
		{"numbers are missed", sandbox.Pages{Shift: -7}, false, 236},
		{"the page is ignored", sandbox.Pages{Ignore: true}, false, 100},
		{"no total", sandbox.Pages{NoTotal: true}, true, 250},
		{"no total, and the page is ignored", sandbox.Pages{NoTotal: true, Ignore: true}, false, 100},
		{"the total grows", sandbox.Pages{TotalStep: 3}, false, 250},
		{"the total shrinks", sandbox.Pages{TotalStep: -3}, true, 250},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, reader := inventoryOf(t, sandbox.Config{Numbers: 250, Pages: test.pages})
			text, done := exported(t, export.Config{Reader: reader})
			seen := map[string]bool{}
			for _, row := range loaded(t, text) {
				if seen[row.Number] {
					t.Errorf("%s is written twice", row.Number)
				}
				seen[row.Number] = true
			}
			if done.Whole != test.whole || done.Read != test.read || len(seen) != test.read {
				t.Errorf("%d numbers in the file, told as %+v", len(seen), done)
			}
		})
	}
}

// What the API tells and input does not take is exported as it is, and told.
func TestExportTellsWhatCannotBeReadAgain(t *testing.T) {
	fake, reader := inventoryOf(t, sandbox.Config{})
	for n, change := range []func(*sandbox.Record){
		func(rec *sandbox.Record) {},
		func(rec *sandbox.Record) { rec.MessageType = "mms" },
		func(rec *sandbox.Record) { rec.MessageType, rec.Classification = "a2p", "IoT" },
		func(rec *sandbox.Record) { rec.CnamFirstName = "two\nlines" },
		func(rec *sandbox.Record) { rec.VoiceRouteId = "MRID-1" },
	} {
		if err := fake.Set(number(n), change); err != nil {
			t.Fatal(err)
		}
	}
	text, done := exported(t, export.Config{Reader: reader})
	if want := `+18015550001: MessageType "MMS": not a value of MessageType`; done.Refusal != want || done.Refused != 4 || done.Written != 5 {
		t.Errorf("%+v\n%s", done, text)
	}
}

// Damaged characters would keep the whole file from being read: such a value is written
// as unknown, and told.
func TestExportOfDamagedCharacters(t *testing.T) {
	for _, format := range []input.Format{input.CSV, input.JSONL} {
		fake, reader := inventoryOf(t, sandbox.Config{})
		for n, name := range []string{"Smi\uFFFDth", "Lee", "A\x00B"} {
			if err := fake.Set(number(n), func(rec *sandbox.Record) { rec.CnamFirstName = name }); err != nil {
				t.Fatal(err)
			}
		}
		text, done := exported(t, export.Config{Reader: reader, Format: format})
		if done.Damaged != 2 || done.Damage != "CnamFirstName of +18015550000" || done.Refused != 0 {
			t.Errorf("%+v", done)
		}
		for i, row := range loaded(t, text) {
			if _, set := row.Settings.Get("CnamFirstName"); set != (i == 1) {
				t.Errorf("%s: %v", row.Number, row.Settings)
			}
		}
	}
}

// Also rows that have nothing, or are no numbers, are refused.
func TestExportOfRecordsThatSayNothing(t *testing.T) {
	for record, want := range map[string]string{
		`{"Number":"12345","VoiceEnabled":true}`:   "+12345: has 5 digits, a number of +1 has 11",
		`{"Number":"+18015550100"}`:                "+18015550100: the API tells no setting of it",
		`{"Number":"+18015550100","Iccid":null}`:   "+18015550100: the API tells no setting of it",
		`{"Number":"18015550100","Cnam":"=1+1"}`:   "",
		`{"Number":"18015550100","Iccid":"89012"}`: `+18015550100: Iccid "89012": has 5 digits, an ICCID has 18 to 22`,
	} {
		_, reader := inventoryOf(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if !strings.HasSuffix(r.URL.Path, "/inventory") {
				return nil
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				fmt.Fprintf(w, `{"TotalResults":1,"PhoneNumbers":[%s]}`, record)
			})
		}})
		if _, done := exported(t, export.Config{Reader: reader}); done.Refusal != want || done.Written != 1 {
			t.Errorf("%s: %+v, want %s", record, done, want)
		}
	}
}

// A number that comes twice is told, unless both records show the same of it.
func TestExportOfANumberThatComesTwice(t *testing.T) {
	for again, unlike := range map[string]int{"MRID-a": 0, "MRID-b": 1} {
		_, reader := inventoryOf(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if !strings.HasSuffix(r.URL.Path, "/inventory") {
				return nil
			}
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				const record = `{"Number":"+18015550100","MessageRouteId":%q}`
				fmt.Fprintf(w, `{"TotalResults":1,"PhoneNumbers":[`+record+","+record+"]}", "MRID-a", again)
			})
		}})
		text, done := exported(t, export.Config{Reader: reader})
		if done.Unlike != unlike || done.Written != 1 || !done.Whole || !strings.Contains(text, "MRID-a") {
			t.Errorf("%s: %+v, %s", again, done, text)
		}
	}
}

// breaking takes some bytes and then nothing more.
type breaking struct{ left int }

func (b *breaking) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

// An export that breaks off says after how many numbers, whatever ends it.
func TestExportBreaksOff(t *testing.T) {
	stop := result.Stop{Reason: result.StoppedBySignal, Detail: "interrupt", Signal: 2}
	for _, format := range []input.Format{input.CSV, input.JSONL} {
		_, reader := inventoryOf(t, sandbox.Config{Numbers: 250})
		whole, _ := exported(t, export.Config{Reader: reader, Format: format})

		done, err := export.Export(context.Background(), export.Config{Reader: reader, Format: format}, &breaking{left: len(whole) / 2})
		if err == nil || !strings.Contains(err.Error(), "broke off after 100 numbers: no space left") || done.Written != 100 {
			t.Errorf("a full disk: %v, %+v", err, done)
		}

		ctx, cancel := context.WithCancelCause(context.Background())
		config := export.Config{Reader: reader, Format: format, Tell: func(r export.Result) {
			if r.Written == 200 {
				cancel(stop)
			}
		}}
		var text bytes.Buffer
		done, err = export.Export(ctx, config, &text)
		if !errors.Is(err, stop) || !strings.Contains(err.Error(), "after 200 numbers") || done.Whole || !strings.HasPrefix(whole, text.String()) {
			t.Errorf("a signal: %v, %+v", err, done)
		}
	}
}
