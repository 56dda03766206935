package memory_test

import (
	"testing"

	"github.com/rouse-oncall/rouse/internal/adapters/memory"
	"github.com/rouse-oncall/rouse/internal/ports"
	"github.com/rouse-oncall/rouse/internal/ports/porttest"
)

func TestAccounts(t *testing.T) {
	t.Parallel()
	porttest.Accounts(t, func(*testing.T) ports.Atomically[porttest.AccountRepos] {
		return memory.Atomic(memory.New(nil), func(tx *memory.Tx) porttest.AccountRepos {
			return porttest.AccountRepos{Passwords: tx.Passwords(), Sessions: tx.Sessions(), Tokens: tx.Tokens(), Links: tx.Links()}
		})
	})
}
