package sqlite_test

import (
	"os"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

func TestMain(m *testing.M) { os.Exit(testextent.InMemory(m.Run)) }
