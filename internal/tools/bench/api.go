package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// nginxConf is nginx as the API: canned answers, of which that to an update names the number that was asked for.
//
//go:embed nginx.conf
var nginxConf string

// pageSize is how many numbers a page of the inventory has, as the vendor's.
const pageSize = 10_000

// start runs the API with an inventory of so many numbers, until it is stopped.
func (b *bench) start(inventory int) (url string, stop func(), err error) {
	dir, err := os.MkdirTemp(b.dir, "nginx")
	if err != nil {
		return "", nil, err
	}
	if err := writeInventory(dir, inventory); err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // at once
	if err != nil {
		return "", nil, err
	}
	address := listener.Addr().String()
	_ = listener.Close()
	conf := filepath.Join(dir, "nginx.conf")
	text := strings.NewReplacer("$ADDRESS", address, "$TOKEN", token(), "$DIR", dir).Replace(nginxConf)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return "", nil, err
	}
	nginx := exec.Command("nginx", "-p", dir, "-c", conf, "-e", filepath.Join(dir, "error.log")) //nolint:gosec,noctx // as above
	if err := nginx.Start(); err != nil {
		return "", nil, fmt.Errorf("%w: bench/peers.sh installs it", err)
	}
	stop = func() {
		_ = nginx.Process.Signal(os.Interrupt)
		_ = nginx.Wait()
	}
	dialer := net.Dialer{}
	for until := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // it says nowhere that it is up
		conn, err := dialer.DialContext(context.Background(), "tcp", address)
		if err == nil {
			return "http://" + address, stop, conn.Close()
		}
		if time.Now().After(until) {
			stop()
			said, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			return "", nil, fmt.Errorf("nginx: %w\n%s", err, said)
		}
	}
}

// record is a number of the inventory.
type record struct {
	PhoneNumber, Status, MessageRouteId string
	MessageEnabled                      bool
}

// writeInventory writes the pages of an inventory into a folder; an empty one has a page, too.
func writeInventory(dir string, numbers int) error {
	for page, first := 1, 0; page == 1 || first < numbers; page, first = page+1, first+pageSize {
		answer := struct {
			AccountId                string
			TotalResults, PageNumber int
			PhoneNumbers             []record
		}{AccountId: "A-1", TotalResults: numbers, PageNumber: page, PhoneNumbers: []record{}}
		for i := first; i < min(numbers, first+pageSize); i++ {
			answer.PhoneNumbers = append(answer.PhoneNumbers, record{number(i), "Active", oldRoute, true})
		}
		text, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("inventory-%d.json", page)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
