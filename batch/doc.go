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
package batch
