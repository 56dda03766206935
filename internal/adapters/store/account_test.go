package store_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/store"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func accountRepos(tx *store.Tx) porttest.AccountRepos {
	return porttest.AccountRepos{Passwords: tx.Passwords(), Sessions: tx.Sessions(), Tokens: tx.Tokens(), Links: tx.Links()}
}

func TestAccounts(t *testing.T) {
	t.Parallel()
	for name, url := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			porttest.Accounts(t, func(t *testing.T) ports.Atomically[porttest.AccountRepos] {
				t.Helper()
				return store.Atomic(open(t, url(t)), store.People, accountRepos)
			})
		})
	}
}
