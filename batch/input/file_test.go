package input_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// Mistakes of the whole file: all of them are told, and no rows.
func TestFileErrors(t *testing.T) {
	const row = "+18018018011,true\n"
	quote := "close it, or write a quote inside a cell twice"
	for name, test := range map[string]struct {
		content string
		options input.Options
		want    []string
	}{
		"empty":            {content: "", want: []string{"the file is empty (it needs a line that names the columns, and a line a number)"}},
		"only empty lines": {content: "\n\r\n\n", want: []string{"the file is empty (it needs a line that names the columns, and a line a number)"}},
		"header": {content: "\n Phone ,Voice Enabld,VoiceEnabled,voice_enabled,Remarks,\n" + row, want: []string{
			"line 2: Phone: unknown column (the fields are Number, MessageEnabled, VoiceEnabled, MessageType, Classification, MessageRouteId, " +
				"VoiceRouteId, AssignedSubscriberId, Iccid, CnamFirstName, CnamLastName, ProductType; or leave it out)",
			"line 2: Voice Enabld: unknown column (did you mean VoiceEnabled? or leave it out)",
			"line 2: voice_enabled: the column VoiceEnabled is given twice, as VoiceEnabled before (remove one of them)",
			"line 2: Remarks: unknown column (the fields are Number, MessageEnabled, VoiceEnabled, MessageType, Classification, MessageRouteId, " +
				"VoiceRouteId, AssignedSubscriberId, Iccid, CnamFirstName, CnamLastName, ProductType; or leave it out)",
			"line 2: column 6 has no name (name it, or remove the column)",
			"line 2: there is no column Number (name the column of the phone numbers Number, or map another to it)",
		}},
		"mapped twice": {content: "Phone,number\n" + row, options: input.Options{Map: map[string]string{"Phone": "Number"}}, want: []string{
			"line 1: number: the column Number is given twice, as Phone (Number) before (remove one of them)",
		}},
		"map": {options: input.Options{Map: map[string]string{"Phone": "Numbr", "SIM": "Chip"}}, want: []string{
			"there is no field Numbr, as which the column Phone is to be read (did you mean Number?)",
			"there is no field Chip, as which the column SIM is to be read (the fields are Number, MessageEnabled, VoiceEnabled, MessageType, Classification, " +
				"MessageRouteId, VoiceRouteId, AssignedSubscriberId, Iccid, CnamFirstName, CnamLastName, ProductType)",
		}},
		"map of no column": {content: "Number,VoiceEnabled\n" + row, options: input.Options{Map: map[string]string{"Sim Card": "Iccid"}}, want: []string{
			"line 1: there is no column Sim Card, which is to be read under another name (compare it with the header)",
		}},
		"old Mac":       {content: "Number,VoiceEnabled\r+18018018011,true\r", want: []string{"line 1: the lines end in CR alone (save the file with the line ends of Windows or Unix)"}},
		"quote, header": {content: "Number,\"VoiceEnabled\n" + row, want: []string{`line 1: "VoiceEnabled: the quote that opens here is never closed (` + quote + ")"}},
		"quote, name":   {content: "Number,Voice\"Enabled\n" + row, want: []string{`line 1: Voice"Enabled: a quote in the middle of a column's name (remove it)`}},
		"quote, open": {content: "Number,CnamFirstName,CnamLastName\n" + "+18018018011,Bob,\"Lee\"\n" + "+18018018012,\"Bo\"\"b\",\"Lee\n" + repeat("+18018018013,Bob,Lee\n", 3),
			want: []string{`line 3: CnamLastName ""Lee": the quote that opens here is never closed (` + quote + ")"}},
		"quote, open after a cell of two lines": {content: "Number,CnamFirstName,CnamLastName\n+18018018012,\"Bo\nb\",\"Lee\n",
			want: []string{`line 3: CnamLastName ""Lee": the quote that opens here is never closed (` + quote + ")"}},
		"quote, open for a megabyte": {content: "Number,CnamFirstName\r\n+18018018012,\"Bo\r\n" + repeat("+18018018013,Bob\r\n", 100_000),
			want: []string{`line 2: CnamFirstName ""Bo": the quote that opens here is never closed (` + quote + ")"}},
		"quote, closed in another row": {content: "Number,CnamFirstName\n+18018018012,\"Bob\n+18018018013,\"Bob\"\n+18018018014,Bob\n",
			want: []string{`line 2: CnamFirstName ""Bob": the quote that opens here is closed in the middle of a cell on line 3 (` + quote + ")"}},
		"quote, an endless row": {content: "Number,CnamFirstName,CnamLastName\n+18018018012,Bo\"b," + repeat("x", 2<<20),
			want: []string{"line 2: a row is longer than 1 MiB (is this a CSV file? if it is, shorten the row)"}},
		"delimiter only": {content: "sep=;\r\n", want: []string{"the file is empty (it needs a line that names the columns, and a line a number)"}},
		"delimiter, open quote": {content: "\"sep=;\nNumber;VoiceEnabled\n",
			want: []string{`line 1: "sep=;: the quote that opens here is never closed (` + quote + ")"}},
		"endless row": {content: "Number,CnamFirstName\n+18018018012," + repeat("x", 2<<20),
			want: []string{"line 2: a row is longer than 1 MiB (is this a CSV file? if it is, shorten the row)"}},
		"UTF-8": {content: "Number,CnamFirstName\n+18018018011,B\xc3\xb6b\n+18018018011,\xc3\xb6J\xf6rg\n",
			want: []string{"line 3: column 16: the byte 0xF6 is not UTF-8 (save the file as UTF-8, or name its encoding, such as windows-1252)"}},
		"UTF-8, cut off": {content: "Number,CnamFirstName\n+18018018011,B\xc3",
			want: []string{"line 2: column 15: the byte 0xC3 is not UTF-8 (save the file as UTF-8, or name its encoding, such as windows-1252)"}},
		"UTF-8, far": {content: "Number,CnamFirstName\n" + repeat("+18018018011,J\xc3\xb6rg\n", 100_000) + "\xff",
			want: []string{"line 100002: column 1: the byte 0xFF is not UTF-8 (save the file as UTF-8, or name its encoding, such as windows-1252)"}},
		"zero": {content: "N\x00u\x00", want: []string{"line 1: column 2: a zero byte (if the file is UTF-16, name its encoding, utf-16le or utf-16be)"}},
		"replacement": {content: "Number,CnamFirstName\n+18018018011,J\ufffdrg\n",
			want: []string{"line 2: column 15: a replacement character: an earlier conversion has lost what stood there (export the file again from its source)"}},
		"UTF-16, half": {content: "\xff\xfeN\x00\x00\xd8u\x00",
			want: []string{"line 1: column 2: not a character of UTF-16 (name the encoding that the file was saved in)"}},
		"Shift JIS": {content: "Number\x80\xff\n", options: input.Options{Encoding: "shift_jis"},
			want: []string{"line 1: column 8: not a character of shift_jis (name the encoding that the file was saved in)"}},
		"encoding": {content: "x", options: input.Options{Encoding: "klingon"},
			want: []string{`the encoding "klingon" is not known (use a name such as utf-8, utf-16le, windows-1252, iso-8859-15 or shift_jis)`}},
		"workbook": {content: "PK\x03\x04rest", want: []string{"this is a workbook or an archive, not text (save the sheet as CSV UTF-8, or take the file out of the archive)"}},
		"array":    {content: " [\n{}]", want: []string{"line 1: a JSON array, not an object a line (write an object a line: jq -c '.[]' does)"}},
		"too large by a byte": {content: "Number,VoiceEnabled\n" + row, options: input.Options{MaxBytes: 37},
			want: []string{"there are more than 37 bytes in it (split the file)"}},
		"endless header": {content: "Number," + repeat("x", 2<<20),
			want: []string{"line 1: a row is longer than 1 MiB (is this a CSV file? if it is, shorten the row)"}},
		"UTF-8, named": {content: "Number\xff\n", options: input.Options{Encoding: "utf-8"},
			want: []string{"line 1: column 7: the byte 0xFF is not UTF-8 (save the file as UTF-8, or name its encoding, such as windows-1252)"}},
		"too large": {content: "Number,VoiceEnabled\n" + row, options: input.Options{MaxBytes: 30},
			want: []string{"there are more than 30 bytes in it (split the file)"}},
		"gzip, cut off": {content: gzipped("Number,VoiceEnabled\n" + row)[:20],
			want: []string{"the gzip file is cut short (copy or export it again)"}},
		"gzip, cut off in its second part": {content: gzipped("Number,VoiceEnabled\n") + gzipped(row)[:5],
			want: []string{"the gzip file is cut short (copy or export it again)"}},
		"gzip, followed": {content: gzipped("Number,VoiceEnabled\n"+row) + "\n",
			want: []string{"the gzip file is followed by something that is not compressed (copy or export it again, or write what is whole into another file with: gzip -dc)"}},
		"gzip, flipped": {content: flipped(gzipped("Number,VoiceEnabled\n"+row), 8),
			want: []string{"the gzip file is damaged: its checksum is another one (copy or export it again)"}},
		"zstd, followed": {content: zstandard("Number,VoiceEnabled\n"+row) + "total 1\n",
			want: []string{"the zstd file is followed by something that is not compressed (copy or export it again, or write what is whole into another file with: zstd -dc)"}},
		"zstd, followed by little": {content: zstandard("Number,VoiceEnabled\n"+row) + "\n",
			want: []string{"the zstd file is cut short, or followed by a few bytes more (copy or export it again)"}},
		"zstd, flipped": {content: flipped(zstandard("Number,VoiceEnabled\n"+row), 1),
			want: []string{"the zstd file is damaged: its checksum is another one (copy or export it again)"}},
		"bzip2":           {content: "BZh91AY", want: []string{"the file is compressed by bzip2 (unpack it, or compress it by gzip or zstd)"}},
		"UTF-16, odd end": {content: "\xff\xfeN\x00u", want: []string{"line 1: column 2: not a character of UTF-16 (name the encoding that the file was saved in)"}},
		"zstd, cut off": {content: zstandard("Number,VoiceEnabled\n" + row)[:12],
			want: []string{"the zstd file is cut short, or followed by a few bytes more (copy or export it again)"}},
		"bomb": {content: gzipped("Number,VoiceEnabled\n" + repeat(row, 100_000)), options: input.Options{MaxBytes: 1 << 20},
			want: []string{"there are more than 1048576 bytes in it (split the file)"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, test.content)
			_, err := input.Check(context.Background(), path, test.options, func(input.Problem) {})
			wrong, ok := errors.AsType[*input.FileError](err)
			if !ok {
				t.Fatalf("got %v, want a FileError", err)
			}
			var got []string
			for _, p := range wrong.Problems {
				got = append(got, render(p))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if !strings.HasPrefix(wrong.Error(), path+": ") {
				t.Errorf("the error does not name the file: %v", wrong)
			}
		})
	}
}

func TestFileErrorCountsItsProblems(t *testing.T) {
	err := &input.FileError{Path: "a.csv", Problems: []input.Problem{{Line: 1, Column: "X", Message: "unknown column"}, {}, {}}}
	if got, want := err.Error(), "a.csv: line 1: X: unknown column (and 2 more)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
