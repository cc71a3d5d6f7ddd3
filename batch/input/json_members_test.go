package input

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// Members finds what encoding/json finds, in text that has been checked to be
// UTF-8 as every file is; and what is taken for plain is valid.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{ }`, `{"a":1}`, ` {"a" : [1,{"b":"]}\\"}] , "c":"\"" } `, `{"a":-1.5e3,"b":true,"c":null,"a":"x"}`, `{"\u00e9\\":"\\"}`, `{"a":{}}`,
		"{\"a\":\"b\tc\"}", `{"a":}`, `{:"a"}`, `{"a" "b"}`, `{"a":"b",}`, `{"a":"b"} `, `{"a":nul}`, `{"a":"b","c":null , "d":true}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		want := map[string]json.RawMessage{}
		object = []byte(space(string(object)))
		if isPlainObject(string(object)) && !json.Valid(object) {
			t.Error("it is taken for plain")
		}
		if !utf8.Valid(object) || !json.Valid(object) || object[0] != '{' || json.Unmarshal(object, &want) != nil {
			t.Skip() // jsonMembers takes only what json.Valid let through
		}
		got := map[string]json.RawMessage{}
		for key, value := range jsonMembers(string(object)) {
			got[unquote(key)] = json.RawMessage(value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
