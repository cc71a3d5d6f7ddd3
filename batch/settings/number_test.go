package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/settings"
)

func TestParseNumberTakesE164(t *testing.T) {
	for _, number := range []string{"+18018018011", "+442079460000", "+6834001", "+493023125000", "+999999999999999"} {
		got, flaw := settings.ParseNumber(number)
		if got != number || flaw != nil {
			t.Errorf("ParseNumber(%q) = %q, %v; want it as it is", number, got, flaw)
		}
	}
}

func TestParseNumberTellsTheMistake(t *testing.T) {
	const (
		general = "write + and the country code, then the number, digits only: +18018018011"
		nanp    = "write + and the country code: +18018018011 if it is a number of North America"
		column  = "the digits are lost: format the column as text in the spreadsheet and fill it again from the source"
	)
	for _, test := range []struct{ value, message, hint string }{
		{"", "missing", "every row needs the number that it is about"},
		{"18018018011", "the + is missing", "write +18018018011"},
		{"8018018011", "the + is missing", nanp},
		{"123", "the + is missing", general},
		{"1801801801", "the + is missing", general},
		{"+1 801 801 8011", "contains spaces, dots or dashes", "write +18018018011"},
		{"+1.801.801.8011", "contains spaces, dots or dashes", "write +18018018011"},
		{"+1-801-801-8011", "contains spaces, dots or dashes", "write +18018018011"},
		{"+1\u2013801\u00a08018011", "contains spaces, dots or dashes", "write +18018018011"},
		{"(801) 801-8011", "contains brackets", nanp},
		{"+44 (0)20 7946 0000", "contains brackets", "write +442079460000"},
		{"0018018018011", "starts with 00", "write +18018018011"},
		{"0000", "starts with 00", general},
		{"+0018018018011", "has 00 after the +", "write +18018018011"},
		{"+018018018011", "no country code starts with 0", "write + and the country code"},
		{"+1801801TEXT", "contains letters", "write + and digits only, without words or extensions"},
		{"+18018018011 x12", "contains letters", "write + and digits only, without words or extensions"},
		{"1.8018E+10", "written in scientific notation by a spreadsheet", column},
		{"1,8018018E+10", "written in scientific notation by a spreadsheet", column},
		{"18018018011.0", "ends in .0, as spreadsheets write numbers", "write +18018018011, and format the column as text"},
		{"18018018011,00", "ends in .0, as spreadsheets write numbers", "write +18018018011, and format the column as text"},
		{"'+18018018011", "starts with an apostrophe", "write +18018018011"},
		{"\u202a+18018018011", "contains the invisible character U+202A", "write +18018018011"},
		{"+1801801801", "has 10 digits, a number of +1 has 11", "compare it with the source"},
		{"+180180180111", "has 12 digits, a number of +1 has 11", "compare it with the source"},
		{"+1", "has 1 digit, a number of +1 has 11", "compare it with the source"},
		{"+44207", "has only 5 digits", "write + and the country code before the number"},
		{"+4420794600004207946", "has 19 digits, the most there can be is 15", "compare it with the source"},
		{"+", "not a phone number", "write + and digits only: +18018018011"},
		{"++18018018011", "not a phone number", "write + and digits only: +18018018011"},
		{strings.Repeat("1", 300), "300 bytes long, no setting is longer than 255", "has a quote been left open, or have columns run together?"},
	} {
		_, flaw := settings.ParseNumber(test.value)
		want := &settings.Flaw{Message: test.message, Hint: test.hint}
		if diff := cmp.Diff(want, flaw); diff != "" {
			t.Errorf("ParseNumber(%q):\n%s", test.value, diff)
		}
	}
}
