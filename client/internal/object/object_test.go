package object_test

import (
	"encoding/json"
	"fmt"
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
