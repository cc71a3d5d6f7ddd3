package client_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/internal/object"
)

// The items of a list are those that a decoder finds, whatever stands in their texts; and what is empty is.
func TestObjectsAreThoseOfADecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.MapOf(rapid.StringOf(rapid.RuneFrom([]rune(`a"\[]{},: `))), rapid.StringOf(rapid.RuneFrom([]rune(`b"\[]{},: `))))).Draw(t, "list")
		body, err := json.MarshalIndent(map[string]any{"List": list}, "", rapid.SampledFrom([]string{"", " ", "\n"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		o, ok := object.Parse(body)
		if !ok {
			t.Fatalf("%s is no object", body)
		}
		items, ok := o.Objects("list")
		raw, _ := o.Find("List")
		if !ok || object.IsEmpty(raw) != (len(list) == 0) {
			t.Fatalf("%s: a list: %v, empty: %v", body, ok, object.IsEmpty(raw))
		}
		n := 0
		for item := range items {
			want := map[string]string{}
			for name := range list[n] {
				want[strings.ToLower(name)] = ""
			}
			if item == nil || len(item) != len(want) {
				t.Errorf("item %d of %s is %v", n, body, item)
			}
			n++
		}
		if n != len(list) {
			t.Errorf("%s has %d items", body, n)
		}
	})
}

// What is no object of a list, or no list, is told as that.
func TestOddLists(t *testing.T) {
	for body, want := range map[string]string{
		`{"L":[1, {}, "a,]", [2,{}], null, {"b":[{},{}]}]}`: "_,{},_,_,_,{1},",
		`{"L":[]}`: "", `{"L":null}`: "", `{"L":{}}`: "no list", `{"L":"[]"}`: "no list", `{}`: "no list",
	} {
		o, ok := object.Parse([]byte(body))
		list, listed := o.Objects("L")
		got := ""
		if !listed {
			got = "no list"
		} else {
			for item := range list {
				switch {
				case item == nil:
					got += "_,"
				case len(item) == 0:
					got += "{},"
				default:
					got += fmt.Sprintf("{%d},", len(item))
				}
			}
		}
		if !ok || got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

// An object is what a decoder reads, and a text of it too.
func TestParseReadsAsADecoder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.RuneFrom([]rune("aB\"\\[]{},:0u ntü\n\x00")))
		value := rapid.OneOf(rapid.Just(`null`), rapid.Just(` 12 `), rapid.Just(`[{"a":"}"}]`), rapid.Just(`{"b":[1]}`), rapid.Map(text, func(s string) string {
			quoted, _ := json.Marshal(s)
			return string(quoted)
		}), rapid.Map(text, func(s string) string { return `"` + s + `"` }), text)
		name := rapid.OneOf(rapid.SampledFrom([]string{`"A"`, `"a"`, `"\u0041"`, `"b"`, `a`}), rapid.Map(text, func(s string) string { return `"` + s + `"` }))
		body := rapid.SampledFrom([]string{"", "\ufeff", " \n", "x"}).Draw(t, "before") + "{"
		for i := range rapid.IntRange(0, 4).Draw(t, "fields") {
			if i > 0 {
				body += ","
			}
			body += name.Draw(t, "name") + rapid.SampledFrom([]string{":", " : ", ""}).Draw(t, "colon") + value.Draw(t, "value")
		}
		body += rapid.SampledFrom([]string{"}", "} ", "", "}}", ",}"}).Draw(t, "end")

		var read map[string]json.RawMessage
		err := json.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &read)
		o, ok := object.Parse([]byte(body))
		if want := err == nil && !contradicts(strings.TrimPrefix(body, "\ufeff")); ok != want {
			t.Fatalf("%q: %v, a decoder: %v", body, ok, err)
		}
		if !ok {
			return
		}
		want := map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(read)) {
			var text *string
			err := json.Unmarshal(read[name], &text)
			want[strings.ToLower(name)] = "no text"
			if err == nil && text != nil {
				want[strings.ToLower(name)] = *text
			}
		}
		if len(o) != len(want) {
			t.Fatalf("%q: %v, not %v", body, o, want)
		}
		for name, text := range want {
			if got := o.Text(name); text != "no text" && got != text {
				t.Errorf("%q: %q is %q, not %q", body, name, got, text)
			}
		}
	})
}

// contradicts reports whether an object has two values for one name, in any case.
func contradicts(body string) bool {
	said := map[string]string{}
	d := json.NewDecoder(strings.NewReader(body))
	_, _ = d.Token()
	for d.More() {
		name, _ := d.Token()
		var value json.RawMessage
		_ = d.Decode(&value)
		says := string(value)
		if says == "null" {
			says = ""
		} else {
			_ = json.Unmarshal(value, &says) // stays what it is, if it is no text
		}
		key := strings.ToLower(name.(string))
		if before, twice := said[key]; twice && before != says {
			return true
		}
		said[key] = says
	}
	return false
}

// A name that is there twice must say the same, in whatever spelling; what contradicts itself is no object.
func TestSpelledTwice(t *testing.T) {
	for body, want := range map[string]string{
		`{"A":1,"b":3,"a":2}`:                "A",
		`{"a":1,"b":3,"a":2}`:                "a",
		`{"a":null,"a":"x"}`:                 "a",
		`{"a":[1],"a":[2]}`:                  "a",
		`{"a":1,"A":"1"}`:                    "",
		`{"a":null,"a":""}`:                  "",
		`{"a":{"b":1},"a":{"b":1},"c":true}`: "",
	} {
		o, ok := object.Parse([]byte(body))
		if got := object.Contradicted([]byte(body)); got != want || ok != (want == "") || ok && len(o) == 0 {
			t.Errorf("%s: contradicted %q, want %q; it is an object: %v", body, got, want, ok)
		}
	}
	list, _ := object.Object{"l": json.RawMessage(`[{"n":1,"n":2},{"n":1,"n":1}]`)}.Objects("l")
	if records := slices.Collect(list); len(records) != 2 || records[0] != nil || records[1] == nil {
		t.Errorf("of a list with a contradiction: %v", records)
	}
}

// What an object has within a member is taken with what stands beside it; of both, it is what is within.
func TestWithin(t *testing.T) {
	for body, want := range map[string]string{
		`{"Successful":false,"data":{"Number":"1"}}`: "false 1",
		`{"Number":"2","Data":{"Number":"1"}}`:       " 1",
		`{"Number":"2","Data":null}`:                 " 2",
		`{"Number":"2","Data":[{"Number":"1"}]}`:     " 2",
		`{"Number":"2","Data":"{}"}`:                 " 2",
		`{"Number":"2"}`:                             " 2",
		`[]`:                                         " ",
	} {
		o, _ := object.Parse([]byte(body))
		o = o.Within("Data")
		if got := o.Text("successful") + " " + o.Text("number"); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
