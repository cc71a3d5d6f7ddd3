package batch_test

import (
	"testing"

	"github.com/bulknum/bulknum/batch/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
