// Package batch has the operations: what can be done with an input and with a run. Each
// is a file of its own, which names its steps.
//
// [Apply] is one run. It makes the run's folder, copies the input there, checks the
// whole of it, reads current settings, makes the plan, asks for consent, and sends what
// differs. The way of one row is
//
//	file -> input.Row -> checks -> plan.Row -> send.Sender -> store.Intent ->
//	client.Update -> store.Result -> result.Result -> report
//
// with no way back. A row's failure is data, a [result.Result]; only what concerns the
// whole run ends it, as a [result.Stop].
//
// [DryRun] stops at the plan, and [ApplyPlan] carries out such a plan later. With
// [Config.Waves] the rows are sent in slices, each of which is read back and judged
// before the next one begins. [Resume] resumes a run that ended early, [Verify] reads
// its numbers again, and [PlanRollback] makes the input of the run that rolls it back.
//
// While a run goes, [event.Event] is the only way anything is told of it, and
// [control.Control] the only way anything is asked of it. What is known afterwards
// comes from the store alone: see [runs.Folder].
package batch
