// Package batch is the engine: it brings every row of an input to the API and
// knows, at each moment and afterwards, what became of it.
//
// [Apply] is one run. It makes the run's folder, copies the input there, checks
// the whole of it, asks for consent, and sends the valid rows through a pool of
// workers to a [client.Client], which keeps the pace. The way of one row is
//
//	file -> input.Row -> checks -> pool -> store.Intent -> client.Update ->
//	store.Answer -> Result -> report
//
// with no way back. A row's failure is data, a [result.Result]; only what concerns the
// whole run ends it, as a [result.Stop].
//
// Unless [Config.All] is set, current settings are read between the checks and
// the question, and only what differs is sent: the [Plan]. [DryRun] stops there,
// and [ApplyPlan] carries out such a plan later. With [Waves] the rows are sent
// in slices, each of which is read back and judged before the next one begins.
//
// [Resume] goes on with a run that ended early. [Verify] reads its numbers again,
// and [PlanRollback] finds what takes it back, as the input of another run. What
// became of one number in all runs is its [History].
//
// While a run goes, [event.Event] is the only way anything is told of it, and
// [Control] the only way anything is asked of it. What is known afterwards
// comes from the store alone: see [Open] and [Run.Results].
package batch
