package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/internal/accounts"
)

const (
	accountFlag  = option.Account
	accountsFlag = option.Accounts
)

// defineAccount defines the flags of all commands, of one and below it, that may be of an account.
func defineAccount(a *app, cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		defineAccount(a, child)
	}
	flags := cmd.Flags()
	if !cmd.Runnable() || flags.Lookup(accountsFlag) != nil {
		return
	}
	flags.StringVar(&a.accounts.name, accountFlag, "", "take credentials, address and defaults from the file of account `NAME`, and keep its runs in the runs folder's NAME")
	defineAccounts(a, flags)
	if hasGroups(flags) {
		inGroup(flags, whatGroup, accountFlag, accountsFlag)
	}
}

// defineAccounts defines where the files of accounts are.
func defineAccounts(a *app, flags *pflag.FlagSet) {
	flags.StringVar(&a.accounts.dir, accountsFlag, "accounts", "the folder `DIR` of the accounts' files, NAME"+accounts.Ext)
}

// become lets a command be of the account that its flags, or their variables, name. root is a tree of commands that is not
// used otherwise: its flags are tried.
func become(a *app, flags *pflag.FlagSet, root func() *cobra.Command) error {
	for _, name := range []string{accountFlag, accountsFlag} {
		f := flags.Lookup(name)
		if f == nil {
			return nil
		}
		if value := a.getenv(variableOf(f)); value != "" && !f.Changed {
			if err := flags.Set(f.Name, value); err != nil {
				return err
			}
		}
	}
	switch {
	case a.accounts.name != "":
	case givenAsFlag(flags.Lookup(accountsFlag)):
		return &usageError{errors.New("--" + accountsFlag + " has no effect: it needs --" + accountFlag)}
	default:
		return nil
	}
	rules := accountRules(root())
	read, err := accounts.Read(a.accounts.dir, []string{a.accounts.name}, rules)
	if err != nil {
		return badAccounts(err)
	}
	a.account = read[0]
	a.LookupEnv = a.account.Over(a.LookupEnv, rules)
	return nil
}

// separate keeps the runs of an account in a folder of its own, unless its file says where they are.
func separate(a *app, flags *pflag.FlagSet) error {
	f := flags.Lookup(option.RunsDir)
	if a.account == nil || f == nil {
		return nil
	}
	if _, own := a.account.Value(variableOf(f)); own && !givenAsFlag(f) {
		return nil
	}
	dir := f.Value.String()
	if filepath.Base(dir) == a.account.Name { // as who reads the next steps may give it
		return nil
	}
	return f.Value.Set(filepath.Join(dir, a.account.Name))
}

// badAccounts is the error of files of accounts that cannot be used.
func badAccounts(err error) error {
	return &configError{err: err, hint: "docs/accounts.md has how such a file is written"}
}

// accountRules say what accounts' files may have: credentials, the address, and what sets a flag of some command.
func accountRules(root *cobra.Command) accounts.Rules {
	credentials := []string{keyVariable, secretVariable, tokenVariable}
	rules := accounts.Rules{
		Credentials: credentials,
		Keys:        []string{keyVariable, keyVariable + "_FILE", tokenVariable, tokenVariable + "_FILE"},
		Sources:     append(slices.Clone(credentials), notifyVariable, storeVariable),
	}
	plain := append(slices.Clone(rules.Sources), addressVariable, secretVariable+"_COMMAND")
	for _, name := range rules.Sources {
		plain = append(plain, name+"_FILE")
	}
	rules.Check = func(name, value string) error {
		switch {
		case slices.Contains(plain, name) && name != secretVariable+"_COMMAND":
			if _, err := secretOf([]byte(value)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		case quoted(value):
			return fmt.Errorf("%s: it stands in quotes: write it without them", name)
		case slices.Contains(plain, name):
			return nil
		}
		return settable(root, name, value)
	}
	return rules
}

// settable refuses a variable that sets no flag of a command or of those below it, or whose value they do not take. The
// value is not shown: it may be a secret that stands in the wrong line.
func settable(root *cobra.Command, name, value string) error {
	if !strings.HasPrefix(name, environmentPrefix) {
		return fmt.Errorf("%s is not known: there are %s variables, and those of flags, %s and their names", name, credentialPrefix, environmentPrefix)
	}
	f, read := flagWith(root, name)
	switch {
	case f == nil:
		return fmt.Errorf("%s: no flag has this variable", name)
	case !read:
		return fmt.Errorf("%s: --%s has no variable, it must be given each time", name, f.Name)
	case f.Name == accountFlag || f.Name == accountsFlag:
		return fmt.Errorf("%s: an account's file names no other account", name)
	}
	return try(root, name, value)
}

// try sets the flags of a variable, of a command and those below it.
func try(cmd *cobra.Command, name, value string) error {
	for _, f := range flagsOf(cmd) {
		if f.variable != name {
			continue
		}
		if err := f.Value.Set(value); err != nil {
			return fmt.Errorf("%s: --%s does not take its value: %s", name, f.Name, strings.ReplaceAll(err.Error(), value, "…"))
		}
	}
	for _, child := range cmd.Commands() {
		if err := try(child, name, value); err != nil {
			return err
		}
	}
	return nil
}
