// Package upkeep is an example of a contract that is called by the gateway's
// upkeeps: each period it hands on what it was sent.
//
// What to take from it: it takes calls from the executor alone, and from any
// upkeep, since anybody may register one; so it decides by itself whether
// something is due, and a call too many does no harm. The contract owns its
// upkeep, so nobody else can cancel it, and pays for it with its own credit.
package upkeep

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

const (
	keyGateway = "g"
	keyOwner   = "o"
	keyUpkeep  = "u" // Integer, id of the upkeep while there is one
	keyHeir    = "h" // account that gets what comes in
	keyPeriod  = "p" // blocks
	keyNext    = "n" // block from which the next payout is due
)

// The deploy data is [gateway, heir, period]. Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	given := data.([]any)
	ctx := storage.GetContext()
	storage.Put(ctx, keyGateway, given[0].(string))
	storage.Put(ctx, keyHeir, given[1].(string))
	storage.Put(ctx, keyPeriod, given[2].(int))
	storage.Put(ctx, keyOwner, runtime.GetScriptContainer().Sender)
}

// Gateway returns the contract that the upkeep is registered with.
func Gateway() interop.Hash160 {
	return account(keyGateway)
}

// Start passes credit on to the gateway, of what this contract holds, and
// registers the upkeep, for at most maxFee a payout.
func Start(credit int, maxFee int) int {
	requireOwner()
	ctx := storage.GetContext()
	if storage.Get(ctx, keyUpkeep) != nil {
		panic("the upkeep is registered already")
	}
	storage.Put(ctx, keyNext, ledger.CurrentIndex()+1)
	// GAS tells by false that the balance is too small.
	util.Assert(gas.Transfer(runtime.GetExecutingScriptHash(), Gateway(), credit, nil))
	id := contract.Call(Gateway(), "registerUpkeep", contract.All,
		runtime.GetExecutingScriptHash(), "payOut", []any{}, "when:isDue", maxFee).(int)
	storage.Put(ctx, keyUpkeep, id)
	return id
}

// Stop cancels the upkeep, whose lock is credit again at once.
func Stop() {
	requireOwner()
	ctx := storage.GetContext()
	contract.Call(Gateway(), "cancelUpkeep", contract.All, storage.Get(ctx, keyUpkeep).(int))
	storage.Delete(ctx, keyUpkeep)
}

// WithdrawCredit pays credit at the gateway out to the owner.
func WithdrawCredit(amount int) {
	requireOwner()
	contract.Call(Gateway(), "withdraw", contract.All, runtime.GetExecutingScriptHash(), account(keyOwner), amount)
}

// IsDue tells whether there is something to pay out, and the period is over.
func IsDue() bool {
	next := storage.Get(storage.GetReadOnlyContext(), keyNext)
	return next != nil && ledger.CurrentIndex()+1 >= next.(int) &&
		gas.BalanceOf(runtime.GetExecutingScriptHash()) > 0
}

// PayOut hands on what there is, if that is due.
func PayOut() {
	executor := contract.Call(Gateway(), "executor", contract.ReadStates|contract.AllowCall).(string)
	if !util.Equals(runtime.GetCallingScriptHash(), executor) {
		panic("only the gateway's executor may call")
	}
	if !IsDue() {
		return
	}
	ctx := storage.GetContext()
	storage.Put(ctx, keyNext, ledger.CurrentIndex()+1+storage.Get(ctx, keyPeriod).(int))
	self := runtime.GetExecutingScriptHash()
	util.Assert(gas.Transfer(self, account(keyHeir), gas.BalanceOf(self), nil))
}

// OnNEP17Payment takes GAS.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
	if !util.Equals(runtime.GetCallingScriptHash(), gas.Hash) {
		panic("only GAS can be handed on")
	}
}

func account(key string) interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), key).(string))
}

func requireOwner() {
	if !runtime.CheckWitness(account(keyOwner)) {
		panic("only the contract's owner may do this")
	}
}
