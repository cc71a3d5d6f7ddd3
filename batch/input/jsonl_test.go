package input_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/input"
)

func TestJSONLMistakes(t *testing.T) {
	const object = " (write one JSON object a line, nothing before or after it)"
	fields := "the fields are Number, MessageEnabled, VoiceEnabled, MessageType, Classification, MessageRouteId, VoiceRouteId, " +
		"AssignedSubscriberId, Iccid, CnamFirstName, CnamLastName, ProductType"
	for line, want := range map[string][]string{
		`{"Number":18018018011,"VoiceEnabled":true}`:                   {`Number "18018018011": a JSON number where text belongs (write it in quotes, with its +: "+18018018011")`},
		`{"Number":"+18018018011","Iccid":8901240397190556232}`:        {`Iccid "8901240397190556232": a JSON number where text belongs (write it in quotes: programs round long numbers)`},
		`{"Number":"+18018018011","Iccid":true}`:                       {`Iccid "true": a boolean where text belongs (write the text in quotes, or null to keep the field)`},
		`{"Number":"+18018018011","VoiceEnabled":2}`:                   {`VoiceEnabled "2": not a yes or no (write true or false (yes/no, 1/0, on/off and enabled/disabled are understood too))`},
		`{"Number":"+18018018011","VoiceEnabled":{"a":[1,"]}"]}}`:      {`VoiceEnabled "{"a":[1,"]}"]}": an object or array where a plain value belongs (write the value itself)`},
		`{"Number":["+18018018011"],"VoiceEnabled":true}`:              {`Number "["+18018018011"]": an object or array where a plain value belongs (write the value itself)`},
		`{"VoiceEnabled":true}`:                                        {`Number: missing (every row needs the number that it is about)`},
		`{"Number":null,"VoiceEnabled":true}`:                          {`Number: missing (every row needs the number that it is about)`},
		`{}`:                                                           {`Number: missing (every row needs the number that it is about)`},
		`{"Number":"+18018018011"}`:                                    {`the row sets nothing (fill in what is to be set, or remove the row)`},
		`{"Number":"+18018018011","VoiceEnabled":1,"voice_enabled":1}`: {`voice_enabled "1": given twice in the object (remove one of them)`},
		`{"Number":"+18018018011","number":"+18018018011","VoiceEnabled":1}`: {
			`number "+18018018011": given twice in the object (remove one of them)`},
		`{"Number":"+18018018011","VoiceEnabled":1,"VoiceEnable":1}`: {`VoiceEnable "1": unknown field (did you mean VoiceEnabled? or leave it out)`},
		`{"Number":"+18018018011","VoiceEnabled":1,"X\u0000":{}}`:    {`X\x00 "{}": unknown field (` + fields + `; or leave it out)`},
		`{"Number":"+18018018011","CnamLastName":"\ud800"}`:          {`CnamLastName "` + "\ufffd" + `": contains damaged characters (write them again)`},
		`{"Number":"+18018018011","CnamLastName":"#REF!"}`:           {`CnamLastName "#REF!": the error of a spreadsheet's formula (mend the formula, or leave the cell blank to keep the field)`},
		`{"Number":"+18018018011","VoiceEnabled":true} x`:            {`there is text after the object (at byte 47 of the line)` + object},
		`{"Number":"+18018018011"}{"Number":"+18018018012"}`:         {`there is text after the object (at byte 26 of the line)` + object},
		`{"Number":"+18018018011"`:                                   {`not JSON: the object does not end on this line` + object},
		`{"Number" "+18018018011"}`:                                  {`not JSON: invalid character '"' after object key (at byte 11 of the line)` + object},
		`"text"`:                                                     {`not a JSON object` + object},
		`12`:                                                         {`not a JSON object` + object},
		`Number,VoiceEnabled`:                                        {`not JSON: invalid character 'N' looking for beginning of value (at byte 1 of the line)` + object},
		strings.Repeat("[", 20_000):                                  {`not JSON: invalid character '[' exceeded max depth (at byte 10001 of the line)` + object},
		`{"Number":"` + strings.Repeat("1", 5<<20) + `"}`:            {`the line is longer than 1 MiB (write an object a line)`},
	} {
		content := `{"Number":"+18018018010","VoiceEnabled":true}` + "\n" + line + "\n" + `{"Number":"+18018018012","VoiceEnabled":true}`
		file, problems := check(t, write(t, content), input.Options{})
		for i, text := range want {
			want[i] = "line 2: " + text
		}
		if diff := cmp.Diff(want, problems); diff != "" {
			t.Errorf("%.80s:\n%s", line, diff)
		}
		if diff := cmp.Diff(input.Counts{Rows: 3, Valid: 2, Invalid: 1}, file.Counts()); diff != "" {
			t.Errorf("%.80s:\n%s", line, diff)
		}
	}
}

// A line of a megabyte may have a hundred thousand keys, and is one row.
func TestAnObjectOfManyMistakesIsToldInShort(t *testing.T) {
	file, problems := check(t, write(t, `{"Number":"+18018018011"`+repeat(`,"x":1`, 100_000)+`}`), input.Options{})
	want := `line 1: 50 fields are wrong, the others were not looked at (compare the object's keys with the names of the fields)`
	if len(problems) != 51 || problems[50] != want {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1])
	}
	if diff := cmp.Diff(input.Counts{Rows: 1, Invalid: 1}, file.Counts()); diff != "" {
		t.Error(diff)
	}
}

func TestALongLineInOrderIsRead(t *testing.T) {
	content := `{"Number":"+18018018011","VoiceEnabled":true,"Notes":"` + strings.Repeat("é", 200_000) + `"}` + "\n" +
		`{"Number":"+18018018012","VoiceEnabled":true}`
	want := []string{"1 +18018018011 VoiceEnabled=true", "2 +18018018012 VoiceEnabled=true"}
	if diff := cmp.Diff(want, brief(t, content, input.Options{Ignore: []string{"notes"}})); diff != "" {
		t.Error(diff)
	}
}
