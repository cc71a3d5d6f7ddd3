package acceptance

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/client/sandbox"
)

// meddle is `meddle NUMBER FIELD=VALUE…`: somebody else changes a number. A blank
// in a value is written _.
func meddle(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(of(ts).api.Set(args[0], func(rec *sandbox.Record) {
		for _, arg := range args[1:] {
			ts.Check(set(rec, arg))
		}
	}))
}

// set gives a text or a switch of a record, named as in FIELD=VALUE, another value.
func set(rec *sandbox.Record, term string) error {
	name, value, _ := strings.Cut(term, "=")
	field := reflect.ValueOf(rec).Elem().FieldByName(name)
	switch field.Kind() {
	case reflect.String:
		field.SetString(strings.ReplaceAll(value, "_", " "))
	case reflect.Bool:
		field.SetBool(value == "true")
	default:
		return fmt.Errorf("%s is no setting of a number", name)
	}
	return nil
}

// damage is `damage FILE TEXT`: where a file first has a text, a bit flips.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	content := []byte(ts.ReadFile(args[0]))
	place := bytes.Index(content, []byte(args[1]))
	if place < 0 {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	content[place] ^= 2
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}
