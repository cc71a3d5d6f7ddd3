// Package client is a client of the Telegent mPaaS API: it updates phone numbers and reads them back, at the allowed
// rate and with every failure typed.
//
// # Calls
//
// A [Reader] reads and cannot change anything; a [Client] is a Reader with [Client.Update]. Make one for an account
// and share it between goroutines:
//
//	c, err := client.New(client.Config{
//		Credentials: client.Credentials{AccountKey: "DID-…", AccountSecret: client.NewSecret(secret)},
//	})
//	answer, err := c.Update(ctx, client.UpdateRequest{Number: "+18018018011", MessageRouteId: &route})
//
// A field that is nil is left out of the request and so kept. An answer names an order, which need not be done yet:
// see [UpdateAnswer.State].
//
// # Rate
//
// All requests of a client, reads and token requests included, pass one [Gate]. They leave one by one at the rate of
// [Config].Rate, without bursts. A 429 seen by any call holds them all back, for as long as its Retry-After says, and
// after it they leave at the rate again. The gate can be held and its rate changed while calls are under way.
//
// # Failures
//
// Every call fails with an [*Error]. Its Kind says what to do about it, and its Applied whether a change may have
// reached the number all the same:
//
//	var e *client.Error
//	if errors.As(err, &e) && e.Applied == client.AppliedMaybe {
//		// read the number back before anything else is decided
//	}
//
// A connection that was never made, and the answers 3xx and 4xx but 408, 409 and 423, are refusals: nothing was applied.
// A time limit, a reset, 408, 5xx, or a 200 whose body cannot be trusted are doubtful, once the request could have left.
// So are 409 and 423, by which something else is at work on the number. Doubt stays: of all attempts of a call the worst
// decides, unless a later one is answered as asked.
//
// Requests answered 429 are made again without limit. Those answered 408 or 5xx, or not at all, are made again up to
// [Config].MaxAttempts times, after a growing random pause; those answered 425 for [Config].OutageWait. An update may be
// sent again because it sets absolute values, but for one that was answered with a success of which nothing, or a part
// only, came: reading its number tells more ([Error].Empty, [Error].Cut).
//
// # Outages
//
// When three calls in a row meet only 5xx, 429, a cut answer or no connection, the API is down; where there are fewer
// calls, when one has used up its attempts and no other had more luck. All calls wait then, and one of them at a time
// tries, after growing pauses: by a reading of its number or of the inventory, where it is an update. Such attempts do
// not count. What no waiting cures, as a certificate that is refused, ends all calls at once before the first answer. After
// [Config].OutageWait without success every call ends with [KindOutage], and later ones do so at once, until [Reader.AskAgain]
// is called. A call that alone always fails, while a reading is answered, is not waited for again: it ends with
// [KindUnavailable] by its attempts.
//
// # Tokens
//
// Tokens are fetched when they are needed, one at a time, each for its own endpoint, and renewed before they end, by
// the server's clock. A key that is refused is not tried again: every call then ends with [KindCredentials]. Where the
// API is not found at the address, every call ends with [KindInvalid]. Junk in place of a token, such as the page of a
// proxy, is no call's fault and counts as an outage, as does a missing API that was there before.
//
// # Watching
//
// [Client.With] returns a copy that tells of its attempts and waits, and that can stop a request just before it
// leaves: for a record of intents, a log or a progress bar. Nothing else is printed or logged, and no message holds a secret.
//
// # Stability
//
// Within a major version, exported names stay and mean the same. Fields, methods of structs, kinds of errors and of waits may
// be added: name the fields of what you compose, and let a switch have a default. Interfaces that others implement get no
// methods. Texts of messages may change: ask errors by [errors.Is] and [errors.As]. Before version 1, CHANGELOG.md names
// what breaks.
package client
