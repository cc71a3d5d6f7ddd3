package schematest_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/internal/schematest"
)

// Every schema refuses a member that it does not name.
func TestNoMemberIsLetPassUnnamed(t *testing.T) {
	names, err := schematest.Names()
	if err != nil || len(names) < 14 {
		t.Fatalf("%d schemas: %v", len(names), err)
	}
	for _, name := range names {
		err := schematest.Document(name, []byte(`{"somethingNew": 1}`))
		if err == nil || !strings.Contains(err.Error(), "additional properties 'somethingNew' not allowed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Members are named in one style. Columns of tables and metrics have styles of their own.
func TestNamesAreInOneStyle(t *testing.T) {
	names, err := schematest.Names()
	if err != nil {
		t.Fatal(err)
	}
	style, seen := regexp.MustCompile(`^[a-z][a-zA-Z0-9]*$`), 0
	for _, name := range names {
		if name == "results.csv" || name == "metrics" {
			continue
		}
		text, err := os.ReadFile("../../docs/schemas/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var schema any
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		for _, member := range members(schema) {
			if seen++; !style.MatchString(member) {
				t.Errorf("%s: %s", name, member)
			}
		}
	}
	if seen < 300 {
		t.Errorf("only %d members are found", seen)
	}
}

// members are the names of all properties within a schema.
func members(schema any) (names []string) {
	object, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	for key, value := range object {
		properties, ok := value.(map[string]any)
		if !ok || key != "properties" {
			names = append(names, members(value)...)
			continue
		}
		for name, of := range properties {
			names = append(append(names, name), members(of)...)
		}
	}
	return names
}
