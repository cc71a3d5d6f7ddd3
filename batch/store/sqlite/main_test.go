package sqlite_test

import (
	"os"
	"testing"

	"github.com/bulknum/bulknum/internal/testrun"
)

func TestMain(m *testing.M) { os.Exit(testrun.InMemory(m.Run)) }
