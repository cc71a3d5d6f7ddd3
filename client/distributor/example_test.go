package distributor_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/distributor"
	"github.com/bulknum/bulknum/client/sandbox"
)

// All subscribers of a distributor, here of the sandbox.
func ExampleSubscribers() {
	box, err := sandbox.New(sandbox.Config{
		AccountKey: "DID-1", AccountSecret: "hunter2", Subscribers: map[string]string{"TSUID-1": "AID-1", "TSUID-2": "AID-2"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(box)
	defer server.Close()
	api, err := client.New(client.Config{
		BaseURL: server.URL, Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("hunter2")},
		Rate: client.Unlimited, // for this server only
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for subscriber, err := range distributor.Subscribers(context.Background(), api) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(subscriber.ID)
	}
	// Output:
	// TSUID-1
	// TSUID-2
}
