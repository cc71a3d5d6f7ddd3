package input_test

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/bulknum/bulknum/batch/input"
)

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func zstandard(text string) string {
	w, _ := zstd.NewWriter(nil)
	return string(w.EncodeAll([]byte(text), nil))
}

// flipped is a file with another byte at a place, counted from its end.
func flipped(content string, fromEnd int) string {
	b := []byte(content)
	b[len(b)-fromEnd] ^= 1
	return string(b)
}

func encoded(e encoding.Encoding, text string) string {
	s, err := e.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return s
}

// The same two rows in every form that a file may have.
func TestForms(t *testing.T) {
	const (
		text = "Number,CnamFirstName,VoiceEnabled\n+18018018011,Jörg,yes\n+18018018012,,no\n"
		json = `{"Number":"+18018018011","CnamFirstName":"J\u00f6rg","VoiceEnabled":"yes"}` + "\n" +
			`{"number":"+18018018012","CNAM_first_name":null,"Voice Enabled":false}` + "\n"
	)
	csv := []string{"2 +18018018011 VoiceEnabled=true CnamFirstName=Jörg", "3 +18018018012 VoiceEnabled=false"}
	jsonl := []string{"1" + csv[0][1:], "2" + csv[1][1:]}
	second := []string{"3" + csv[0][1:], "4" + csv[1][1:]} // below a line that names the delimiter
	other := func(delimiter string) string { return strings.ReplaceAll(text, ",", delimiter) }
	for name, test := range map[string]struct {
		content string
		options input.Options
		want    []string
	}{
		"plain":                {content: text, want: csv},
		"no end of line":       {content: strings.TrimSpace(text), want: csv},
		"CRLF":                 {content: strings.ReplaceAll(text, "\n", "\r\n"), want: csv},
		"BOM":                  {content: "\ufeff" + text, want: csv},
		"BOM, quoted":          {content: "\ufeff\"Number\"" + text[len("Number"):], want: csv},
		"semicolon":            {content: other(";"), want: csv},
		"tab":                  {content: other("\t"), want: csv},
		"bar":                  {content: other("|"), want: csv},
		"named":                {content: "sep=;\n" + other(";"), want: second},
		"named, Excel":         {content: encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), strings.ReplaceAll("sep=;\n"+other(";"), "\n", "\r\n")), want: second},
		"named, quoted":        {content: "\ufeff\"SEP=\t\"\r\n" + other("\t"), want: second},
		"named, odd":           {content: "sep=^\n" + other("^"), want: second},
		"named and asked":      {content: "sep=,\n" + other(";"), options: input.Options{Delimiter: ';'}, want: second},
		"asked":                {content: other("/"), options: input.Options{Delimiter: '/'}, want: csv},
		"UTF-16LE":             {content: encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), text), want: csv},
		"UTF-16BE":             {content: encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), text), want: csv},
		"UTF-16LE, named":      {content: encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), text), options: input.Options{Encoding: "UTF-16LE"}, want: csv},
		"windows-1252":         {content: encoded(charmap.Windows1252, text), options: input.Options{Encoding: "windows-1252"}, want: csv},
		"UTF-8, named":         {content: text, options: input.Options{Encoding: "utf8"}, want: csv},
		"BOM against the name": {content: "\ufeff" + text, options: input.Options{Encoding: "windows-1252"}, want: csv},
		"gzip":                 {content: gzipped(text), want: csv},
		"zstd":                 {content: zstandard("\ufeff" + text), want: csv},
		"gzip, in parts":       {content: gzipped(text[:9]) + gzipped(text[9:]), want: csv},
		"exactly the cap":      {content: gzipped(text), options: input.Options{MaxBytes: int64(len(text))}, want: csv},
		"JSONL":                {content: json, want: jsonl},
		"JSONL, gzip, BOM":     {content: gzipped("\ufeff" + json), want: jsonl},
		"JSONL, asked":         {content: json, options: input.Options{Format: input.JSONL}, want: jsonl},
		"JSONL, UTF-16":        {content: encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), json), want: jsonl},
		"JSONL, CRLF, blanks":  {content: strings.ReplaceAll(json, "\n", "  \r\n"), want: jsonl},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, brief(t, test.content, test.options)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLinesAreThoseOfTheFile(t *testing.T) {
	content := "\n\nNumber,CnamFirstName,\"No\ntes\"\n" + // lines 3 and 4
		"+18018018011,Bob,\"a\nb\r\nc\"\n" + // 5 to 7
		"\n,,\n" + // nothing in 8 and 9
		"+18018018012,\"Bob\",\n" // 10
	want := []string{"5 +18018018011 CnamFirstName=Bob", "10 +18018018012 CnamFirstName=Bob"}
	got := brief(t, content, input.Options{Ignore: []string{"notes"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	json := "\n \n{\"Number\":\"+18018018011\",\"VoiceEnabled\":1}\n\r\n{\"Number\":\"+18018018012\",\"VoiceEnabled\":0}"
	want = []string{"3 +18018018011 VoiceEnabled=true", "5 +18018018012 VoiceEnabled=false"}
	if diff := cmp.Diff(want, brief(t, json, input.Options{})); diff != "" {
		t.Error(diff)
	}
}

func TestColumnsHaveTheNamesOfTheUser(t *testing.T) {
	o := input.Options{Map: map[string]string{"Phone No": "Number", "SIM": "iccid"}, Ignore: []string{"Remarks"}}
	want := []string{
		`line 2: phone_no (Number) "801": the + is missing (write + and the country code, then the number, digits only: +18018018011)`,
		`line 3: sim (Iccid) "x": not an ICCID: contains other characters than digits (write 18 to 22 digits, and the filler F if the SIM has it)`,
	}
	_, problems := check(t, write(t, "phone_no; sim ;REMARKS;voice enabled\n801;;;on\n+18018018011;x;;\n"), o)
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
	_, problems = check(t, write(t, "\n"+`{"phone_no":"801","voice enabled":"on","REMARKS":{"a":1}}`+"\n"+`{"phone_no":"+18018018011","sim":"x"}`), o)
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func TestSniff(t *testing.T) {
	for content, want := range map[string]string{
		"Number\n":                      ".csv",
		"":                              ".csv",
		" \n{}":                         ".jsonl",
		gzipped("Number\n"):             ".csv.gz",
		gzipped("{}"):                   ".jsonl.gz",
		zstandard("\ufeff{}"):           ".jsonl.zst",
		zstandard("Number\n"):           ".csv.zst",
		"\xff\xfe{\x00}\x00":            ".jsonl",
		"Number,CnamFirstName\n,J\xf6g": ".csv",
	} {
		kind, err := input.Sniff(write(t, content))
		if err != nil || kind.Ext() != want {
			t.Errorf("%q: %s, %v; want %s", content, kind.Ext(), err, want)
		}
	}
	if _, err := input.Sniff(write(t, "PK\x03\x04")); err == nil {
		t.Error("a workbook is no input")
	}
}

func TestParseFormat(t *testing.T) {
	for name, want := range map[string]input.Format{"": input.Auto, "auto": input.Auto, "csv": input.CSV, "jsonl": input.JSONL} {
		got, err := input.ParseFormat(name)
		if err != nil || got != want || name != "" && got.String() != name {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	if _, err := input.ParseFormat("xml"); err == nil {
		t.Error("xml is not read")
	}
}
