package settings

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Lengths of the number of a SIM in digits, without the filler.
const (
	minICCID = 18
	maxICCID = 22
)

// iccidForm is the number of a SIM (ITU-T E.118) as the API takes it: 18 to 22
// digits, and perhaps the filler that makes their count even.
var iccidForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{18,22}F?$`) })

// keptDigits is how many digits of a number a spreadsheet keeps; it writes
// zeros for the rest.
const keptDigits = 15

const textColumn = "the digits are lost: format the column as text in the spreadsheet and fill it again from the source"

// plainICCID finds the digits of a SIM with a check digit that fits. A zero in the end may be one of a spreadsheet's.
func plainICCID(_ *Field, value string) bool {
	digits := strings.TrimSuffix(value, "F")
	n := len(digits)
	return minICCID <= n && n <= maxICCID && allDigits(digits) && luhn(digits) && value[len(value)-1] != '0'
}

func parseICCID(_ *Field, value string) (string, *Flaw) {
	iccid := strings.ToUpper(value)
	if !iccidForm().MatchString(iccid) {
		return "", iccidFlaw(iccid)
	}
	digits := strings.TrimSuffix(iccid, "F")
	// A number that a spreadsheet has rounded cannot have a filler.
	if digits == iccid && len(digits) >= keptDigits+4 && strings.Trim(digits[keptDigits:], "0") == "" {
		return "", wrong(fmt.Sprintf("all digits after the %dth are zeros, as a spreadsheet rounds long numbers", keptDigits),
			textColumn+"; if it does end so, write the filler F after it")
	}
	if !luhn(digits) {
		return iccid, doubtful("the check digit does not fit", "compare it with the SIM; it is sent as it is")
	}
	return iccid, nil
}

// iccidFlaw says which of the usual mistakes has been made.
func iccidFlaw(value string) *Flaw {
	digits := keepDigits(value)
	switch {
	case scientific().MatchString(value):
		return wrong("written in scientific notation by a spreadsheet", textColumn)
	case fraction().MatchString(value):
		return wrong("ends in .0, as spreadsheets write numbers", textColumn)
	case strings.HasPrefix(value, "'"):
		return wrong("starts with an apostrophe", "remove it")
	case strings.Trim(value, "0123456789 .-") == "" && iccidForm().MatchString(digits):
		return wrong("contains spaces, dots or dashes", "write "+digits)
	case strings.Trim(value, "0123456789F") != "":
		return wrong("not an ICCID: contains other characters than digits", "write 18 to 22 digits, and the filler F if the SIM has it")
	case strings.Contains(strings.TrimSuffix(value, "F"), "F"):
		return wrong("the filler F stands before the end", "write 18 to 22 digits, and the filler F after them if the SIM has it")
	}
	return wrong(fmt.Sprintf("has %s, an ICCID has 18 to 22", count(len(digits), "digit")), "compare it with the SIM")
}

// luhn reports whether the last digit is the check digit of those before it
// (ISO/IEC 7812-1, annex B).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
