// Package report renders what the store knows of a run.
//
// [Finish] makes the reports that belong in the folder: results.csv,
// report.html, summary.json and plan.csv. It is called when a run ends, however it ends, and
// can be called again at any time: everything in a report is derived from what the
// run recorded in the store.
//
// [PlanText], [PlanJSON] and [PlanCSV] write what a run would do, [Shapes] the
// part of it that someone must see before agreeing, and [ReadingText] how the
// current settings are read.
//
// [HTML] writes all of it as one page for people; package html has its form, and
// package chart its drawings.
//
// [Rows] writes chosen results as CSV, JSON lines or a table, [AsInput] gives
// the rows of chosen results back as a file that loads again, and [Text] is the
// summary that people read when a run has ended.
//
// A report is derived from a run, never from another report: nothing here reads
// what it has written.
package report
