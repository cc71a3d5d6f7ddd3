package html

import "strconv"

// count is a number with a comma between thousands.
func count(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	rest := strconv.Itoa(n % 1000)
	for len(rest) < 3 {
		rest = "0" + rest
	}
	return count(n/1000) + "," + rest
}
