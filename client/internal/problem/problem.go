// Package problem is what an answer says of a failure, in each of the API's shapes: {"StatusCode","Message"}, problem
// details {"Title","Detail","Status","Errors"}, or a success that says in passing that it is none.
package problem

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/bulknum/bulknum/client/internal/object"
)

// Said is what a failure is, in the API's words; "" where it has none.
func Said(o object.Object) string {
	if message := cmp.Or(o.Text("Message"), Remark(o), o.Text("StatusMessage")); message != "" {
		return message
	}
	title, detail := o.Text("Title"), o.Text("Detail")
	if title != "" && detail != "" {
		return title + ": " + detail
	}
	return title + detail
}

// Remark is the failure that an answer tells of beside what was done, in the API's words; "": of none.
func Remark(o object.Object) string {
	for _, name := range []string{"ErrorMessage", "Error"} {
		if told, ok := o.Find(name); ok && !object.IsEmpty(told) {
			inner, _ := object.Parse(told)
			text := cmp.Or(o.Text(name), inner.Text("Message"), inner.Text("Code"), string(told))
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// Status is the error's status that a body tells, 0 when it tells none. A number's record has a Status as well, of another
// kind.
func Status(o object.Object) int {
	for _, name := range []string{"StatusCode", "Status"} {
		if status, err := strconv.Atoi(o.Text(name)); err == nil && status >= 400 && status < 600 {
			return status
		}
	}
	return 0
}

// Against is what a body says against its own 2xx: that it was not successful, the status of an error, or remarks on
// single fields. It is "" when the body says nothing of the kind.
func Against(o object.Object) string {
	if yes := o.Flag("Successful"); yes != nil && !*yes {
		return "Successful false"
	}
	if told := Status(o); told != 0 {
		return fmt.Sprintf("status %d", told)
	}
	if remarks, ok := o.Find("Errors"); ok && !object.IsEmpty(remarks) {
		return "Errors"
	}
	return ""
}
