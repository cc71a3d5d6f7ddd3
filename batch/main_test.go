package batch_test

import (
	"context"
	"testing"

	"github.com/bulknum/bulknum/batch/store/storetest"
)

func TestMain(m *testing.M) {
	if err := storetest.Prepare(context.Background()); err != nil {
		panic(err)
	}
	m.Run()
}
