// Package batch has the operations on runs: [Apply], [DryRun], [ApplyPlan], [Resume],
// [Verify] and [PlanRollback]. Each is a file that names its steps; the work of a step
// is done by a package below.
//
// [Apply] makes the run's folder, copies the input there, checks the whole of it
// (batch/input), makes the plan (batch/planner), which decides what each row would do
// (batch/plan) by its current settings (batch/current) and what cutovers protect
// (batch/protect), measures it by its guards (batch/guard), asks for consent, and sends
// the rows (batch/send). The way of one row is
//
//	file -> input.Row -> plan.Row -> pool -> store.Intent -> client.Update ->
//	store.Result -> result.Result -> report
//
// with no way back. A row's failure is data, a [result.Result]; only what concerns the
// whole run ends it, as a [result.Stop].
//
// [DryRun] stops at the plan, and [ApplyPlan] carries out such a plan later. [Resume]
// goes on with a run that ended early. [Verify] reads its numbers again, and
// [PlanRollback] finds what rolls it back, as the input of another run.
//
// While a run goes, [event.Event] is the only way anything is told of it, and
// [control.Control] the only way anything is asked of it. What is known afterwards
// comes from the store alone: see [runs.Run].
//
// # Contexts and errors
//
// What ends ctx stops a run: no row is begun any more, what is in flight may finish, and the cause becomes the run's
// [result.Stop]. What ends it before anything was sent is the error that is returned, as is every other reason for
// which nothing was sent, or nothing more:
//
//   - [ConfigError], of each field that is not as it must be
//   - [InvalidError] and [input.FileError], of a file that is not to be sent as it is
//   - [guard.RefusedError], of what a guard found, with its value and its limit; [result.ErrDeclined] and
//     [result.ErrDeclinedRest] of who was asked; [ErrNothingRead]
//   - [store.LockedError], [store.RefusedError], [store.BrokenError] and others of the store; errors of files
//   - [result.Stop] and [client.Error], of an API that cannot be read
//
// An error is one line but for that of guards, which have one each. No text names a flag: where one speaks of an option,
// its name stands beside it, as in [input.Problem]. The Cure of a store names commands of bulknum, which mends it.
//
// # Stability
//
// Within a major version, exported names of this package and of client, client/distributor, batch/control, batch/event,
// batch/input, batch/result, batch/runs, batch/settings and batch/store/sqlite stay, and mean the same; so do the JSON that events and
// statuses have, and stores of older versions. Fields, methods of structs, kinds of events and reasons may be added: name the fields of what
// you compose, and let a switch have a default. Interfaces that others implement get no methods. Texts of messages may
// change: ask errors by [errors.As]. The other packages below batch are for the command, and may change at any time.
// Before version 1, CHANGELOG.md names what breaks.
package batch
