package input_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

// A file that was cut off in its last line would set what is left of an id.
func TestAFileThatWasCutOff(t *testing.T) {
	const (
		routes = "Number,MessageRouteId\n+18018018011,MRID-73af\n+18018018012,MRID-73af\n"
		cure   = " (copy or export it again; if it is whole, end the line, or allow that the last one has no end)"
		short  = ": the file ends here without a line end, and no other row has so short a value: it may have been cut off" + cure
		middle = ": the file ends in the middle of this row: it may have been cut off" + cure
	)
	for name, test := range map[string]struct{ content, want string }{
		"id":               {routes + "+18018018013,MRID-73a", `line 4: MessageRouteId "MRID-73a"` + short},
		"id, compressed":   {gzipped(routes + "+18018018013,MRID-73a"), `line 4: MessageRouteId "MRID-73a"` + short},
		"nothing of an id": {routes + "+18018018013,", "line 4: MessageRouteId" + short},
		"number":           {"VoiceEnabled,Number\nyes,+4930901820\nyes,+493090182", `line 3: Number "+493090182"` + short},
		"condition": {"Number,VoiceEnabled,If.Iccid\n+18018018011,yes,8949222074451242066\n+18018018012,yes,894922207445124206",
			`line 3: If.Iccid "894922207445124206"` + short},
		"half a row":       {routes + "+18018018013", "line 4" + middle},
		"half an object":   {`{"Number":"+18018018011","VoiceEnabled":true}` + "\n" + `{"Number":"+1801801801`, "line 2" + middle},
		"ended":            {routes + "+18018018013,MRID-73a\n", ""},
		"ended, Windows":   {strings.ReplaceAll(routes, "\n", "\r\n") + "+18018018013,MRID-73a\r", ""},
		"ended by a quote": {routes + `+18018018013,"MRID-73a"`, ""},
		"as long":          {routes + "+18018018013,MRID-73af", ""},
		"as short as one":  {routes + "+18018018013,MRID-73\n+18018018014,MRID-73", ""},
		"alone":            {"Number,MessageRouteId\n+18018018011,MRID-73", ""},
		"a name":           {"Number,CnamLastName\n+18018018011,Hamilton\n+18018018012,Lee", ""},
		"left out":         {"Number,VoiceEnabled,Notes\n+18018018011,yes,call\n+18018018012,yes,x", ""},
		"an object":        {`{"Number":"+18018018011","VoiceRouteId":"CRID-73af"}` + "\n" + `{"Number":"+18018018012","VoiceRouteId":"CRID-73"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := input.Options{Ignore: []string{"Notes"}}
			_, err := input.Check(context.Background(), write(t, test.content), o, func(input.Problem) {})
			wrong, is := errors.AsType[*input.FileError](err)
			if is != (test.want != "") || is && render(wrong.Problems[0]) != test.want {
				t.Errorf("got %v", err)
			}
			o.AllowPartialLastLine = true
			if _, err := input.Check(context.Background(), write(t, test.content), o, func(input.Problem) {}); err != nil {
				t.Errorf("allowed: %v", err)
			}
		})
	}
}

// Ids that are shorter or longer than nearly all others of their column are told with their lines.
func TestAnIDOfAnotherLength(t *testing.T) {
	content := func(rows int, odd map[int]string) string {
		var b strings.Builder
		b.WriteString("Number,VoiceRouteId,CnamLastName,AssignedSubscriberId\n")
		for i := range rows {
			id := "CRID-73af"
			if other, is := odd[i+2]; is { // by line
				id = other
			}
			fmt.Fprintf(&b, "+1801801%04d,%s,%s,SID-%d\n", i, id, strings.Repeat("x", 1+i%9), i)
		}
		return b.String()
	}
	many := map[int]string{}
	for i := range 12 {
		many[100+i] = "CRID-73a"
	}
	const hint = " (see whether something is missing from it, or too much; it is sent as it is)"
	for name, test := range map[string]struct {
		content string
		want    []string
	}{
		"one of twenty": {content(20, map[int]string{7: "CRID-73a"}),
			[]string{`warning: line 7: VoiceRouteId "CRID-73a": has 8 characters, where 19 others have 9` + hint}},
		"one of nineteen": {content(19, map[int]string{7: "CRID-73a"}), nil},
		"shorter and longer": {content(300, map[int]string{7: "CRID-73a", 9: "CRID-73afe", 12: "CRID-73b", 13: "", 14: "<unknown>"}), []string{
			`warning: line 7: VoiceRouteId "CRID-73a": has 8 characters, where 295 others have 9; so it is on line 12` + hint,
			`warning: line 9: VoiceRouteId "CRID-73afe": has 10 characters, where 295 others have 9` + hint,
		}},
		"many": {content(2000, many), []string{`warning: line 100: VoiceRouteId "CRID-73a": has 8 characters, where 1988 others have 9; ` +
			`so it is on line 101, 102, 103, 104, 105, 106, 107, 108, 109 and 2 more` + hint}},
		"more than one in a hundred": {content(100, map[int]string{7: "CRID-73a", 8: "CRID-73a"}), nil},
	} {
		t.Run(name, func(t *testing.T) {
			file, problems := check(t, write(t, test.content), input.Options{})
			if diff := cmp.Diff(test.want, problems); diff != "" {
				t.Error(diff)
			}
			if counts := file.Counts(); counts.Warnings != len(test.want) || counts.Valid != counts.Rows {
				t.Errorf("%+v", counts)
			}
			rows(t, file)
		})
	}
}
