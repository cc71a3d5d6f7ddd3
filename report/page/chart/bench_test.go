package chart_test

import (
	"testing"

	"github.com/bulknum/bulknum/report/page/chart"
)

func BenchmarkLines(b *testing.B) {
	values := make([]float64, 60)
	labels := make([]string, 60)
	for i := range values {
		values[i], labels[i] = float64(i*i), "02:00"
	}
	for b.Loop() {
		if _, err := (chart.Chart{Labels: labels, Series: []chart.Series{{Ink: chart.Main, Values: values}}}).Lines(chart.Size{Width: 560, Height: 240}); err != nil {
			b.Fatal(err)
		}
	}
}
