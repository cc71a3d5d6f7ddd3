package batch_test

import (
	"context"
	"os"
	"testing"

	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestMain(m *testing.M) {
	os.Exit(testextent.InMemory(func() int {
		if err := storetest.Prepare(context.Background()); err != nil {
			panic(err)
		}
		return m.Run()
	}))
}
