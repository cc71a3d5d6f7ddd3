// Package weather_test puts what stands between the program and the API in the field there: real nginx, HAProxy and
// Squid, and toxiproxy. The command runs as a process, against the sandbox on loopback.
package weather_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/bulknum/bulknum/internal/binary"
)

func TestMain(m *testing.M) {
	for _, program := range []string{"nginx", "haproxy", "squid"} {
		if _, err := exec.LookPath(program); err != nil {
			fmt.Fprintf(os.Stderr, "%v\nwanted are nginx, HAProxy and Squid (Debian: apt install nginx-light haproxy squid)\n", err)
			os.Exit(1)
		}
	}
	os.Exit(binary.Run(m.Run))
}
