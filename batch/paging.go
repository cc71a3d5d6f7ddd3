package batch

import (
	"context"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Paging asks for the inventory of an account in pages of the size that was found to be honoured. When an answer
// contradicts that, it is forgotten; tell is told in words. A store that does not tell the size has the inventory read in
// the server's own pages.
func Paging(ctx context.Context, of store.Store, account store.AccountID, tell func(string)) *client.Paging {
	size, err := of.PageSize(ctx, account)
	if err != nil || size == 0 {
		return nil
	}
	return client.NewPaging(size, func(end client.PagingEnd) {
		if !end.Refuted {
			tell(fmt.Sprintf("the inventory is not answered in pages of %d numbers, and is read again in pages of the API's own size: %s",
				end.Size, end.Reason))
			return
		}
		detail := fmt.Sprintf("the inventory does not come in pages of %d numbers any more, and is read again in pages of the API's own size "+
			"(`bulknum check` finds out anew what it honours): %s", end.Size, end.Reason)
		if err := of.KeepPageSize(context.WithoutCancel(ctx), account, 0); err != nil {
			detail += fmt.Sprintf(" (this cannot be kept: %v)", err)
		}
		tell(detail)
	})
}
