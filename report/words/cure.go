package words

import (
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
)

// cures are what a person can do, by the next step; and whether bulknum check tells
// when it is done.
var cures = map[result.Next]struct {
	text  string
	check bool
}{
	result.CheckKey: {"see whether TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET are those that the vendor gave, and for this address", true},
	result.CheckToken: {"a fresh token is refused, and a token is good for one address: " +
		"see whether TELEGENT_API_URL is written as the vendor writes it", true},
	result.RenewToken: {"see whether TELEGENT_TOKEN has ended, or is for another endpoint or address, and give a new one", false},
	result.CheckScope: {"a 403 is most often a token of the wrong scope, which is good for one address: " +
		"see whether TELEGENT_API_URL is written as the vendor writes it; else the account lacks the permission: ask the vendor for it", true},
	result.AskPermission: {"the account lacks the permission for this endpoint: ask the vendor for it", true},
	result.CheckAddress:  {"this is not what the API answers: see whether TELEGENT_API_URL is right", true},
	result.CheckWay: {"something else than the API answers: see whether TELEGENT_API_URL is right, " +
		"and what the proxy or firewall on the way says", true},
	result.CheckConnection: {"see whether TELEGENT_API_URL is right, and HTTPS_PROXY if there is a proxy; else try later", true},
	result.AllowTime: {"answers come too slowly: see what is on the way, HTTPS_PROXY if there is a proxy; " +
		"where it is the line, allow more time with --" + option.Timeout, true},
	result.RenewCertificate: {"the certificate of the server, or of a proxy before it, has ended or is not valid yet: " +
		"it must be renewed there, or the clock of this machine is wrong", true},
	result.CheckHost:        {"the certificate is that of another host: see whether TELEGENT_API_URL is right, and what is on the way to it", true},
	result.TrustCertificate: {"see whether TELEGENT_API_URL is right; behind a proxy that inspects, trust its certificate with --" + option.CAFile, true},
	result.SlowDown:         {"the account's limit is used up, perhaps by its other traffic: try later, or with a lower --" + option.Rate, false},
	result.WaitLonger:       {"the server asks for a long wait: try later, or allow it with --" + option.MaxRetryAfter, false},
	result.TryLater:         {"the API, or what stands before it, has a failure of its own: try later", false},
	result.SeeTaker: {"another process took over while this one was away from the store: see what became of the run with: bulknum report RUN; " +
		"if rows are left, and nobody is at work on them: bulknum resume RUN", false},
	result.CheckDisk: {"see whether the disk of --" + option.RunsDir + " has space and the folder is where it was, or the store's server runs, with: " +
		"bulknum store check; then resume", false},
}

// check tries the credentials and the address.
const check = "bulknum check"

// Cure is what a person can do, in words; "": the commands of [NextSteps] say it.
func Cure(next result.Next) string { return cures[next].text }

// CureStop is [Cure] after a run, with the command that tells when it is done.
func CureStop(next result.Next) string {
	if cures[next].check {
		return Cure(next) + "; it is tried with: " + check
	}
	return Cure(next)
}
