package main

import (
	"github.com/invopop/jsonschema"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/watch/metrics"
)

// object is a schema of which each property must be there, and no other may be.
func object(description string) *jsonschema.Schema {
	return &jsonschema.Schema{
		Version: jsonschema.Version, Type: "object", Description: description,
		Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema,
	}
}

// patterns are those of cells that are no free text.
var patterns = map[string]string{
	"Row": "^[0-9]+$", "Line": "^[0-9]+$", "Attempts": "^[0-9]+$", "HTTPStatus": "^([1-5][0-9]{2})?$", "DurationMs": "^[0-9]*$",
	"StartedAt": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z)?$",
}

// resultsFile is the schema of a line of results.csv, as an object of its cells by their columns.
func resultsFile(r *jsonschema.Reflector) *jsonschema.Schema {
	s := object("A line of results.csv: its cells, which are texts, by the names of their columns.")
	for _, column := range files.ResultColumns() {
		cell := &jsonschema.Schema{Type: "string", Pattern: patterns[column]}
		cell.Description = r.CommentMap[module+"/batch/result.Result."+column]
		if column == "Status" {
			for _, status := range result.Statuses() {
				cell.Enum = append(cell.Enum, status)
			}
		}
		s.Properties.Set(column, cell)
		s.Required = append(s.Required, column)
	}
	return s
}

// metricsSchema is the schema of the metrics, as an object of their samples by the names of the families.
func metricsSchema() *jsonschema.Schema {
	s := object("The metrics, for Prometheus: the samples of each by its name, each with its labels.")
	for _, f := range metrics.Families() {
		labels := object("")
		labels.Version = ""
		for _, label := range f.Labels {
			labels.Properties.Set(label, &jsonschema.Schema{Type: "string"})
			labels.Required = append(labels.Required, label)
		}
		s.Properties.Set(f.Name, &jsonschema.Schema{Type: "array", Description: f.Help, Items: labels})
	}
	return s
}
