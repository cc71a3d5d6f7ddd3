package chart_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/report/page/chart"
)

func BenchmarkLines(b *testing.B) {
	values := make([]float64, 60)
	for i := range values {
		values[i] = float64(i * i)
	}
	c := chart.Chart{
		Times:  chart.Times{From: time.Unix(1_795_000_000, 0), Every: time.Minute, Layout: "15:04"},
		Series: []chart.Series{{Ink: chart.Main, Values: values}},
	}
	for b.Loop() {
		c.Lines(chart.Size{Width: 560, Height: 240})
	}
}
