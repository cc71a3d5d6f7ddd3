// Package schematest has the schemas of docs/schemas for tests, which hold against them what bulknum really writes.
package schematest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document says what is wrong with a document by the schema of a name: a member that it does not name is wrong too.
func Document(name string, document []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return validate(name, value)
}

// Lines does so with a document a line.
func Lines(name string, lines []byte) error {
	for line := range bytes.Lines(lines) {
		if err := Document(name, line); err != nil {
			return err
		}
	}
	return nil
}

// Results says what is wrong with a results.csv.
func Results(file []byte) error {
	records, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil || len(records) == 0 {
		return errors.Join(err, errors.New("no table"))
	}
	for _, record := range records[1:] {
		line := map[string]any{}
		for i, column := range records[0] {
			line[column] = record[i]
		}
		if err := validate("results.csv", line); err != nil {
			return err
		}
	}
	return nil
}

// Metrics says what is wrong with metrics in the text format of Prometheus. Those that are not of bulknum's name are
// another program's.
func Metrics(text []byte) error {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return err
	}
	document := map[string]any{}
	for name, family := range families {
		document[name] = labelsOf(family)
	}
	return validate("metrics", document)
}

// labelsOf are the labels of each sample of a family.
func labelsOf(family *dto.MetricFamily) []any {
	samples := []any{}
	for _, metric := range family.GetMetric() {
		labels := map[string]any{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		samples = append(samples, labels)
	}
	return samples
}

// Names returns the names of all schemas.
func Names() ([]string, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	for i, file := range files {
		files[i] = filepath.Base(file[:len(file)-len(".json")])
	}
	slices.Sort(files)
	return files, err
}

func validate(name string, value any) error {
	schema, err := compiled(name)
	if err != nil {
		return err
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("not as docs/schemas/%s.json has it, which make schemas makes from the types: %w", name, err)
	}
	return nil
}

// known are the schemas that were compiled, by their names.
var known sync.Map

// compiled is the schema of a name.
func compiled(name string) (*jsonschema.Schema, error) {
	if schema, ok := known.Load(name); ok {
		return schema.(*jsonschema.Schema), nil
	}
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(filepath.Join(dir, name+".json"))
	if err != nil {
		return nil, err
	}
	known.Store(name, schema)
	return schema, nil
}

// folder is docs/schemas of the module in which a test runs.
func folder() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		schemas := filepath.Join(dir, "docs", "schemas")
		if _, err := os.Stat(schemas); err == nil {
			return schemas, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("docs/schemas is not found")
		}
		dir = above
	}
}
