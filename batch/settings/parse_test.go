package settings_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/settings"
)

func parse(t *testing.T, field, value string) (string, *settings.Flaw) {
	t.Helper()
	f, ok := settings.Lookup(field)
	if !ok {
		t.Fatalf("there is no field %s", field)
	}
	return f.Parse(value)
}

func TestParseReturnsTheSpellingThatIsSent(t *testing.T) {
	for _, test := range []struct{ field, values, want string }{
		{"MessageEnabled", "true,TRUE,yes,Yes,1,on,ON,enabled,Enabled, true ", "true"},
		{"VoiceEnabled", "false,False,no,NO,0,off,disabled", "false"},
		{"MessageType", "a2p,A2P", "a2p"},
		{"Classification", "iot,IOT,IoT", "IoT"},
		{"ProductType", "sms+data+voice,Sms+Data+Voice", "Sms+Data+Voice"},
		{"MessageRouteId", "MRID-73af, MRID-73af", "MRID-73af"},
		{"VoiceRouteId", "T9992774", "T9992774"},
		{"AssignedSubscriberId", "SID-4", "SID-4"},
		{"Iccid", "8901240397190557414f,8901240397190557414F", "8901240397190557414F"},
		{"CnamFirstName", "'t Hooft", "'t Hooft"},
		{"CnamLastName", "Łukasz & Söhne", "Łukasz & Söhne"},
		{"CnamLastName", "AID-Org", "AID-Org"},
	} {
		for value := range strings.SplitSeq(test.values, ",") {
			got, flaw := parse(t, test.field, value)
			if got != test.want || flaw != nil && !flaw.Warning {
				t.Errorf("%s %q = %q, %v; want %q", test.field, value, got, flaw, test.want)
			}
		}
	}
}

func TestParseTellsTheMistake(t *testing.T) {
	const (
		bools    = "write true or false (yes/no, 1/0, on/off and enabled/disabled are understood too)"
		column   = "the digits are lost: format the column as text in the spreadsheet and fill it again from the source"
		sim      = "write 18 to 22 digits, and the filler F if the SIM has it"
		keep     = "leave the cell blank to keep the VoiceRouteId as it is, or write <clear> to remove it"
		together = "has a quote been left open, or have columns run together?"
	)
	for _, test := range []struct{ field, value, message, hint string }{
		{"MessageEnabled", "maybe", "not a yes or no", bools},
		{"MessageEnabled", "2", "not a yes or no", bools},
		{"MessageType", "sms", "not a value of MessageType", "write one of a2p, p2p"},
		{"ProductType", "Sms", "not a value of ProductType", "write one of Sms-Only, Data-Only, Sms+Data, Sms+Data+Voice"},
		{"MessageRouteId", "CRID-73af", "this is the id of a voice route", "the id in MessageRouteId starts with MRID-"},
		{"VoiceRouteId", "mrid-73af", "this is the id of a message route", "the id in VoiceRouteId starts with CRID-"},
		{"VoiceRouteId", "JNUOID-1", "this is the id of an order", "the id in VoiceRouteId starts with CRID-"},
		{"AssignedSubscriberId", "AID-1", "this is the id of an account", "the id in AssignedSubscriberId starts with TSUID-"},
		{"VoiceRouteId", "NULL", "stands for no value", keep},
		{"VoiceRouteId", "nan", "stands for no value", keep},
		{"VoiceRouteId", "CRID 73af", "contains a space", "an identifier has none: remove it"},
		{"VoiceRouteId", "CRID-\u200b73af", "contains the invisible character U+200B in place 6", "remove it"},
		{"VoiceRouteId", strings.Repeat("x", 256), "256 bytes long, no setting is longer than 255", together},
		{"CnamFirstName", "two\nlines", "contains a line break", "remove it"},
		{"CnamFirstName", "bell\a", "contains the invisible character U+0007 in place 5", "remove it"},
		{"CnamFirstName", "\ufffd", "contains damaged characters", "write them again"},
		{"CnamFirstName", "MRID-73af00112233", "this is the id of a message route", "is the value in the wrong column?"},
		{"Iccid", "8.90124E+18", "written in scientific notation by a spreadsheet", column},
		{"Iccid", "8901240397190556232.0", "ends in .0, as spreadsheets write numbers", column},
		{"Iccid", "8901240397190550000", "all digits after the 15th are zeros, as a spreadsheet rounds long numbers",
			column + "; if it does end so, write the filler F after it"},
		{"Iccid", "89012403971905500000", "all digits after the 15th are zeros, as a spreadsheet rounds long numbers",
			column + "; if it does end so, write the filler F after it"},
		{"Iccid", "'8901240397190556232", "starts with an apostrophe", "remove it"},
		{"Iccid", "8901 2403 9719 0556 232", "contains spaces, dots or dashes", "write 8901240397190556232"},
		{"Iccid", "89012403971905562", "has 17 digits, an ICCID has 18 to 22", "compare it with the SIM"},
		{"Iccid", "89012403971905562328901", "has 23 digits, an ICCID has 18 to 22", "compare it with the SIM"},
		{"Iccid", "89012403971905F56232", "the filler F stands before the end", "write 18 to 22 digits, and the filler F after them if the SIM has it"},
		{"Iccid", "8901240397190556232FF", "the filler F stands before the end", "write 18 to 22 digits, and the filler F after them if the SIM has it"},
		{"Iccid", "MRID-73af", "not an ICCID: contains other characters than digits", sim},
	} {
		_, flaw := parse(t, test.field, test.value)
		want := &settings.Flaw{Message: test.message, Hint: test.hint}
		if diff := cmp.Diff(want, flaw); diff != "" {
			t.Errorf("%s %q:\n%s", test.field, test.value, diff)
		}
	}
}

// The API's own example has a check digit that does not fit.
func TestCheckDigitOnlyWarns(t *testing.T) {
	want := &settings.Flaw{
		Message: "the check digit does not fit", Hint: "compare it with the SIM; it is sent as it is", Warning: true,
	}
	got, flaw := parse(t, "Iccid", "8901240397190556232")
	if got != "8901240397190556232" || cmp.Diff(want, flaw) != "" {
		t.Errorf("got %q, %+v", got, flaw)
	}
	if _, flaw := parse(t, "Iccid", "8949222074451242066"); flaw != nil {
		t.Errorf("a check digit that fits: %+v", flaw)
	}
}

// A spreadsheet cannot round what is not a number.
func TestZerosBeforeAFillerAreTheSIMsOwn(t *testing.T) {
	const zeros = "8901240397190550000F"
	if got, flaw := parse(t, "Iccid", zeros); got != zeros || flaw != nil && !flaw.Warning {
		t.Errorf("got %q, %+v", got, flaw)
	}
}
