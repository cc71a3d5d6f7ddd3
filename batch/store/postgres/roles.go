package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// schema has all tables.
const schema = "bulknum"

// The roles that somebody may have made for the hosts, beside the one that owns the tables and may do anything with them:
// they are given what they need when the tables are made, or brought up to date.
const (
	// runnerRole carries out runs. It changes no table, nor what was recorded of an update, and removes no run.
	runnerRole = "bulknum_runner"
	// readerRole only reads.
	readerRole = "bulknum_reader"
	// quotaRole takes from the budget of requests, and sees nothing of any run.
	quotaRole = "bulknum_quota"
)

// grants are what each role may do, in statements, with the tables after ON.
var grants = []struct{ role, may, on string }{
	{readerRole, "USAGE", "SCHEMA " + schema},
	{readerRole, "SELECT", "ALL TABLES IN SCHEMA " + schema},
	{readerRole, "EXECUTE", slots},

	{runnerRole, "USAGE", "SCHEMA " + schema},
	{runnerRole, "SELECT", "ALL TABLES IN SCHEMA " + schema},
	{runnerRole, "INSERT", tables("accounts, keys, inputs, input_chunks, runs, milestones, plan_blocks, plan_numbers, plan_ends, reading_blocks, intents, " +
		"in_flight, results, request_blocks, verifications, skipped, unprotections, gaps, holders, commands, servers")},
	{runnerRole, "UPDATE (sequence)", tables("store")},
	{runnerRole, "UPDATE", tables("accounts, keys, inputs, plan_ends, in_flight, holders, commands, servers")},
	{runnerRole, "EXECUTE", slots},
	// What an execution writes anew: its plan and readings as long as it sends nothing, an input that was not read to its end.
	{runnerRole, "DELETE", tables("inputs, input_chunks, plan_blocks, plan_numbers, plan_ends, reading_blocks, in_flight, commands")},

	{quotaRole, "USAGE", "SCHEMA " + schema},
	{quotaRole, "EXECUTE", slots},
}

// slots takes from the budget of requests, as each command that asks the API does.
const slots = "FUNCTION " + schema + ".take_slot"

// tables are tables with their schema.
func tables(names string) string {
	return schema + "." + strings.ReplaceAll(names, ", ", ", "+schema+".")
}

// grant gives the roles that there are what they may do, and takes all else from them.
func grant(ctx context.Context, db *sql.DB) error {
	there := map[string]bool{}
	for _, role := range []string{readerRole, runnerRole, quotaRole} {
		var is bool
		if err := db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)", role).Scan(&is); err != nil {
			return err
		}
		if there[role] = is; !is {
			continue
		}
		for _, all := range []string{"TABLES", "FUNCTIONS", "SEQUENCES"} {
			if _, err := db.ExecContext(ctx, fmt.Sprintf("REVOKE ALL ON ALL %s IN SCHEMA %s FROM %s", all, schema, role)); err != nil {
				return err
			}
		}
	}
	for _, g := range grants {
		if !there[g.role] {
			continue
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("GRANT %s ON %s TO %s", g.may, g.on, g.role)); err != nil {
			return err
		}
	}
	return nil
}
