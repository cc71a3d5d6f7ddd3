package current

import (
	"fmt"

	"github.com/bulknum/bulknum/client"
)

// Paging asks for the inventory in pages of a size that was found to be honoured; 0: in the API's own. When an answer
// contradicts it, the size is forgotten. tell is told in words of that, and of any other end.
func Paging(size int, forget func() error, tell func(string)) *client.Paging {
	return client.NewPaging(size, func(end client.PagingEnd) {
		if !end.Refuted {
			why := "is not answered"
			if end.Changed {
				why = "changed while it was read"
			}
			tell(fmt.Sprintf("the inventory %s in pages of %d numbers, and is read again in pages of the API's own size: %s",
				why, end.Size, end.Reason))
			return
		}
		detail := fmt.Sprintf("the inventory does not come in pages of %d numbers any more, and is read again in pages of the API's own size, "+
			"until it is found out anew what it honours: %s", end.Size, end.Reason)
		if err := forget(); err != nil {
			detail += fmt.Sprintf(" (this cannot be kept: %v)", err)
		}
		tell(detail)
	})
}
