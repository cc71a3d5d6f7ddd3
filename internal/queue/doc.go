// Package queue is the work over hosts: jobs of accounts in River, an existing queue in the PostgreSQL that has the store.
//
// River says who is to try; who sends is said by the account's lock in the store alone. So a job is worked in slices: a
// worker begins what the job is for, and carries it on until it ends; a slice only attends it for a while, and then
// snoozes the job, which takes no time from what goes on, and no request. A worker that has died ends no slice: River
// rescues the job after [rescueAfter], and another one goes on with the run, as the store has it.
package queue
