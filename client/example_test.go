package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// serve starts a sandbox of the API and returns a config for it.
func serve(cfg sandbox.Config) (client.Config, func()) {
	box, err := sandbox.New(cfg)
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(box)
	return client.Config{
		BaseURL:     server.URL,
		Credentials: client.Credentials{AccountKey: "DID-example", AccountSecret: client.NewSecret("secret")},
		Rate:        client.Unlimited, // for the sandbox only
	}, server.Close
}

func ExampleClient_Update() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1})
	defer closeServer()
	c, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	route := "MRID-main"
	answer, err := c.Update(context.Background(), client.UpdateRequest{Number: "+18018018011", MessageRouteId: &route})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Number, answer.State(), answer.UpdateOrderId != "")
	// Output: +18018018011 complete true
}

func ExampleError() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1, OnlyInventory: true})
	defer closeServer()
	c, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Number(context.Background(), "+18018018011")
	if e, ok := errors.AsType[*client.Error](err); ok {
		fmt.Println(e.Kind, e.HTTPStatus, e.Applied)
	}
	// Output: not found 404 no
}

func ExampleReader_Inventory() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1, Numbers: 250, PageSize: 100})
	defer closeServer()
	r, err := client.NewReader(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for page, err := range r.Inventory(context.Background(), 1) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(page.PageNumber, len(page.Numbers), "of", page.TotalResults)
	}
	// Output:
	// 1 100 of 250
	// 2 100 of 250
	// 3 50 of 250
}

// Clients of several accounts that share one limit, of the program's own, share one gate: their requests leave one by one.
func ExampleNewGate() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1})
	defer closeServer()
	cfg.Rate, cfg.Gate = client.Rate{}, client.NewGate(client.PerMinute(6000)) // it has the rate; the API's is lower
	ours, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg.Credentials.AccountKey = "DID-another"
	theirs, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, api := range []*client.Client{ours, theirs} {
		number, err := api.Number(context.Background(), "+18018018011")
		fmt.Println(api.Account(), number.Number, err, api.Gate() == cfg.Gate)
	}
	// Output:
	// DID-example +18018018011 <nil> true
	// DID-another +18018018011 <nil> true
}

func ExampleClient_With() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1})
	defer closeServer()
	c, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	watched := c.With(client.Trace{
		Before: func(_ context.Context, a client.Attempt) (leaves time.Time, err error) { // an error here would stop the request
			fmt.Println("about to send:", a.Endpoint, a.Number)
			return leaves, nil
		},
		Done: func(_ context.Context, a client.Attempt) { fmt.Println("answered:", a.Endpoint, a.HTTPStatus) },
	})
	yes := true
	if _, err := watched.Update(context.Background(), client.UpdateRequest{Number: "+18018018011", VoiceEnabled: &yes}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// about to send: token +18018018011
	// answered: token 200
	// about to send: update +18018018011
	// answered: update 200
}

func ExampleGate() {
	cfg, closeServer := serve(sandbox.Config{Seed: 1})
	defer closeServer()
	c, err := client.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	slower, err := client.ParseRate("24/m")
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Gate().SetRate(slower)
	c.Gate().Hold("vendor", "a call from the vendor")
	wait, held := c.Gate().Waiting()
	fmt.Println(c.Gate().Rate(), held, wait.Detail)
	c.Gate().EndHold("vendor")
	// Output: 24/m true a call from the vendor
}

func ExampleSecret() {
	secret := client.NewSecret("hunter2")
	fmt.Printf("%v %+v %#v %q\n", secret, secret, secret, secret)
	fmt.Println(len(secret.Reveal()))
	// Output:
	// *** *** *** ***
	// 7
}
