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
	// RunnerRole carries out runs. It changes no table, nor what was recorded of an update, and removes no run.
	RunnerRole = "bulknum_runner"
	// ReaderRole only reads.
	ReaderRole = "bulknum_reader"
	// quotaRole takes from the budget of requests, and sees nothing of any run.
	quotaRole = "bulknum_quota"
)

// privilege is what a role may do, in statements, with what that is about after ON.
type privilege struct{ role, may, on string }

// grants are those of the store's tables.
var grants = []privilege{
	{ReaderRole, "USAGE", "SCHEMA " + schema},
	{ReaderRole, "SELECT", "ALL TABLES IN SCHEMA " + schema},
	{ReaderRole, "EXECUTE", slots},

	{RunnerRole, "USAGE", "SCHEMA " + schema},
	{RunnerRole, "SELECT", "ALL TABLES IN SCHEMA " + schema},
	{RunnerRole, "INSERT", tables("accounts, keys, inputs, input_chunks, runs, milestones, plan_blocks, plan_numbers, plan_ends, reading_blocks, intents, " +
		"in_flight, results, request_blocks, verifications, skipped, unprotections, gaps, holders, commands, servers, writers")},
	{RunnerRole, "UPDATE (sequence)", tables("store")},
	{RunnerRole, "UPDATE", tables("accounts, keys, inputs, plan_ends, in_flight, holders, commands, servers, writers")},
	{RunnerRole, "EXECUTE", slots},
	// What an execution writes anew: its plan and readings as long as it sends nothing, an input that was not read to its end.
	{RunnerRole, "DELETE", tables("inputs, input_chunks, plan_blocks, plan_numbers, plan_ends, reading_blocks, in_flight, commands, writers")},

	{quotaRole, "USAGE", "SCHEMA " + schema},
	{quotaRole, "EXECUTE", slots},
}

// slots takes from the budget of requests, as each command that asks the API does.
const slots = "FUNCTION " + schema + ".take_slot"

// tables are tables with their schema.
func tables(names string) string {
	return schema + "." + strings.ReplaceAll(names, ", ", ", "+schema+".")
}

// grant gives the roles that there are what they may do in a schema, and takes all else there from them.
func grant(ctx context.Context, db *sql.DB, schema string, grants []privilege) error {
	there := map[string]bool{}
	for _, role := range []string{ReaderRole, RunnerRole, quotaRole} {
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
