package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Limit is a number of rows, or a share of them.
type Limit struct {
	// Rows is the number, when Share is 0.
	Rows int
	// Share is a fraction from 0 to 1; 0 means that Rows counts.
	Share float64
}

// ParseLimit reads "50" as a number of rows and "10%" as a share.
func ParseLimit(s string) (Limit, error) {
	text := strings.TrimSpace(s)
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		p, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
		if err != nil || !(p >= 0 && p <= 100) {
			return Limit{}, fmt.Errorf("%q is not a share: use 0%% to 100%%, such as 10%%", s)
		}
		l := Limit{Share: float64(Limit{Share: p / 100}.parts()) / wholeParts} // as String writes it
		if p > 0 && l.Share == 0 {
			return Limit{}, fmt.Errorf("%q is too small a share: the smallest is 0.000001%%", s)
		}
		return l, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return Limit{}, fmt.Errorf("%q is not a limit: use a number of rows such as 50, or a share such as 10%%", s)
	}
	return Limit{Rows: n}, nil
}

// String is the inverse of [ParseLimit].
func (l Limit) String() string {
	if l.Share > 0 {
		return strconv.FormatFloat(float64(l.parts())/(wholeParts/100), 'f', -1, 64) + "%"
	}
	return strconv.Itoa(l.Rows)
}

// wholeParts is the number of parts in which a share is counted: a millionth of a
// percent is the smallest. Fractions of two are not exact: 29 of 100 would be more than
// 29%.
const wholeParts = 100_000_000

// parts is the share in parts of [wholeParts].
func (l Limit) parts() int64 { return int64(math.Round(l.Share * wholeParts)) }

// Over reports whether n rows of all are more than the limit.
func (l Limit) Over(n, all int) bool {
	if l.Share > 0 {
		return int64(n)*wholeParts > l.parts()*int64(all)
	}
	return n > l.Rows
}

// MarshalText writes the limit as [ParseLimit] reads it.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Limit) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLimit(string(text))
	return err
}
