package postgres_test

import (
	"path"
	"testing"

	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// Who writes has commits that are safe, whatever the server's setting is, and a session that ends soon when nobody is there.
func TestSettingsOfWhoWrites(t *testing.T) {
	o := newStore(t)
	for set, want := range map[string]string{"off": "on", "local": "on", "remote_write": "on", "on": "on", "remote_apply": "remote_apply"} {
		pgtest.Shared(t).Execute(t, string(o.Address), "ALTER DATABASE "+path.Base(string(o.Address))+" SET synchronous_commit = "+set)
		db, err := o.Address.Writing()
		behaviour.Must(t, err)
		for setting, want := range map[string]string{
			"synchronous_commit": want, "search_path": "bulknum", "TimeZone": "UTC", "statement_timeout": "10s", "client_connection_check_interval": "5s",
			"idle_session_timeout": "45s", "idle_in_transaction_session_timeout": "30s",
			"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3", "tcp_user_timeout": "25000",
		} {
			var is string
			behaviour.Must(t, db.QueryRowContext(t.Context(), "SHOW "+setting).Scan(&is))
			if is != want {
				t.Errorf("%s is %s, want %s", setting, is, want)
			}
		}
		behaviour.Must(t, db.Close())
	}
}
