package postgres_test

import (
	"os"
	"testing"

	"github.com/bulknum/bulknum/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run)) }
