package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-analyze/charts"
)

// The library writes colours into style attributes. Each part of a chart is
// drawn in a colour of its own that stands for its class.
var (
	gridColor  = charts.ColorRGB(1, 0, 1)
	axisColor  = charts.ColorRGB(1, 0, 2)
	labelColor = charts.ColorRGB(1, 0, 3)
)

// inkColor stands for an ink.
func inkColor(ink Ink) charts.Color {
	return charts.ColorRGB(2, 0, uint8(slices.Index(inks(), ink))) //nolint:gosec // a handful of inks
}

// theme has the colours that stand for classes.
func theme(series []Series) charts.ColorPalette {
	colors := make([]charts.Color, len(series))
	for i, s := range series {
		colors[i] = inkColor(s.Ink)
	}
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor:    axisColor,
		AxisSplitLineColor: gridColor,
		BackgroundColor:    charts.ColorTransparent,
		TextColor:          labelColor,
		SeriesColors:       colors,
	})
}

// classes says which class a colour stands for.
func classes() map[string]string {
	of := map[string]string{gridColor.String(): "grid", axisColor.String(): "axis", labelColor.String(): "label"}
	for _, ink := range inks() {
		of[inkColor(ink).String()] = string(ink)
	}
	return of
}

// repainted is what was drawn, with classes instead of colours.
func (c Chart) repainted(p *charts.Painter) (string, error) {
	drawn, err := p.Bytes()
	if err != nil {
		return "", fmt.Errorf("chart of %s: %w", c.Y, err)
	}
	var b bytes.Buffer
	of := classes()
	for decoder := xml.NewDecoder(bytes.NewReader(drawn)); ; {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return b.String(), nil
		}
		if err != nil {
			return "", fmt.Errorf("chart of %s: %w", c.Y, err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			element(&b, t, of)
		case xml.EndElement:
			fmt.Fprintf(&b, "</%s>", t.Name.Local)
		case xml.CharData:
			if err := xml.EscapeText(&b, t); err != nil {
				return "", err
			}
		}
	}
}

// element writes the beginning of an element. Of its style there stays what is
// no colour, as attributes.
func element(b *bytes.Buffer, t xml.StartElement, of map[string]string) {
	b.WriteString("<" + t.Name.Local)
	for _, a := range t.Attr {
		switch {
		case a.Name.Local == "style":
			paint(b, a.Value, of)
		case a.Name.Space == "xmlns", a.Name.Local == "xmlns": // HTML knows its svg
		default:
			attribute(b, a.Name.Local, strings.Join(strings.Fields(a.Value), " "))
		}
	}
	b.WriteString(">")
}

// paint writes a style's colours as a class, the rest of it as attributes.
func paint(b *bytes.Buffer, style string, of map[string]string) {
	class, shape := "", "line"
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		named, stands := of[value]
		switch {
		case stands:
			class = named
			if name == "fill" {
				shape = "shape"
			}
		case name == "stroke-width", name == "font-size":
			attribute(b, name, value)
		}
	}
	if class == "" {
		class = "none"
	}
	attribute(b, "class", class+" "+shape)
}

func attribute(b *bytes.Buffer, name, value string) {
	fmt.Fprintf(b, ` %s="`, name)
	_ = xml.EscapeText(b, []byte(value)) // a buffer takes everything
	b.WriteString(`"`)
}
