// Package sandbox is a fake of the Telegent mPaaS number API: an [http.Handler] that keeps state, has a quota and can be
// told to misbehave. It is made to be an honest opponent of a client and shares no code with one, so that a mistake is
// not made twice.
//
// # In Go
//
//	box, err := sandbox.New(sandbox.Config{
//		Numbers: 300, PageSize: 50,
//		Quota:   sandbox.Quota{N: 50, Per: time.Minute, Window: sandbox.Rolling},
//		Faults:  sandbox.Faults{Rates: map[sandbox.Fault]float64{sandbox.Fault503: 0.01}},
//	})
//	server := httptest.NewServer(box)
//
// The truth is in [Sandbox.Number], what was seen in [Sandbox.Stats], and [Sandbox.Set] is the other user of the account
// who changes a number meanwhile. [Config.Answer], [Config.Judge] and [Config.Observe] let a test answer requests
// itself, refuse updates of one kind, and look on. All waiting ends with the request's context and uses package time,
// so that a sandbox works inside a testing/synctest bubble. Package apitest holds a client's requests and the answers
// against openapi.yaml, a description of the API that was written for this project.
//
// # Over HTTP
//
// `bulknum sandbox --listen 127.0.0.1:8080` serves one. Get a token, then update a number and ask what was counted:
//
//	curl -H 'Content-Type: application/json' http://127.0.0.1:8080/v1.0/oauth2/tokens \
//	  -d '{"AccountKey":"DID-1","AccountSecret":"x","ApiEndpoint":"http://127.0.0.1:8080/v1.0/numbers/update"}'
//	curl -H 'Content-Type: application/json' -H "Authorization: Bearer $token" \
//	  http://127.0.0.1:8080/v1.0/numbers/update -d '{"Number":"+18018018011","MessageRouteId":"MRID-b"}'
//	curl http://127.0.0.1:8080/_sandbox/stats
//
// The paths below /_sandbox/ (stats, openapi.yaml) need no token, use up no quota and are not counted.
//
// # What exists
//
// The inventory has [Config].Numbers numbers that follow from the seed; none is kept in memory before it changes. Any
// other valid number exists too, unless OnlyInventory: it follows from seed and number, is MVNO and p2p so that no valid
// row can break a rule on it by itself, and appears at the end of the inventory once it was changed. Every route id is
// a route, but for those in MissingRoutes. Orders of updates, and those by which numbers were bought, can be read.
//
// # What it is strict about
//
// Methods (405), paths (404), Content-Type, one JSON object and nothing after it, unknown fields, fields given twice or
// spelled in other case, null, types, exact enumerations, E.164, ICCIDs, the known identifier prefixes in a wrong field,
// control characters, unknown or repeated query parameters (the inventory ignores unknown ones, see [Pages]), a + that
// was not escaped in a query. A token is good until its expiry, for one endpoint: the path of the ApiEndpoint it was
// asked for, which must be a full URL, of any host. IoT with a2p is refused for the settings that would result, as 422,
// or as 400 in the error shape that knows no 422. A refused request changes nothing.
//
// # Quota and faults
//
// The quota is one for all callers and endpoints; [Quota] says what counts and how. A request passes the quota first,
// then the faults of [Faults], which are drawn from the seed and the request's ordinal alone, then method and token.
// Faults hit updates only, unless Faults.On says more. A connection is closed by a panic with [http.ErrAbortHandler],
// which the server of net/http understands; who calls ServeHTTP directly has to recover.
//
// # What it cannot know
//
// The vendor's pages leave open, and the sandbox therefore decides or makes a choice: the kind of rate limit window and
// what counts in it; the name of the page parameter and the page size; whether a field that is left out is kept (here it
// is); whether an empty string clears a text (here it does); whether a route id that does not exist is accepted by an
// update (here it is, so that a test can see one get through); which status a wrong secret has (401); when a pending
// order takes effect (when it completes). A client that works against every choice has not been shown to work against
// the vendor, but it does not depend on a guess.
package sandbox
