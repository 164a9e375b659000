// Package raffle is an example of a contract that draws lots: people enter, the
// owner closes the list and asks for a random number, and the number picks the
// winner.
//
// What to take from it: the list is closed before the number is asked for, since
// the number can be seen before its block; one request is made and no other in
// its place; and numbers come of all of the result, without bias.
package raffle

import (
	"github.com/dodona-oracle/dodona/contracts/dodona"
	"github.com/dodona-oracle/dodona/contracts/draws"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
)

const (
	keyOwner     = "o"
	keyEntrants  = "n" // Integer, how many entered
	keyRequest   = "r" // Integer, id of the request, once the list is closed
	keyWinner    = "w" // account, once it is known
	prefixPlace  = "p" // + place: account
	prefixTicket = "t" // + account: 1
)

// The deploy data is the gateway's hash. Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	dodona.Keep(data)
	ctx := storage.GetContext()
	storage.Put(ctx, keyOwner, runtime.GetScriptContainer().Sender)
	storage.Put(ctx, keyEntrants, 0)
}

// Enter puts an account, whose witness it needs, on the list, once.
func Enter(account interop.Hash160) {
	ctx := storage.GetContext()
	if storage.Get(ctx, keyRequest) != nil {
		panic("the list is closed")
	}
	if !runtime.CheckWitness(account) {
		panic("the witness of who enters is missing")
	}
	if storage.Get(ctx, prefixTicket+string(account)) != nil {
		panic("this account entered already")
	}
	place := Entrants()
	storage.Put(ctx, prefixTicket+string(account), 1)
	storage.Put(ctx, prefixPlace+std.Itoa10(place), account)
	storage.Put(ctx, keyEntrants, place+1)
}

// Draw closes the list and asks for a random number, for at most maxFee datoshi
// of this contract's credit. There is no second draw: who could make one would
// choose between two numbers. A raffle whose request expires is void.
func Draw(maxFee int) int {
	ctx := storage.GetContext()
	if !runtime.CheckWitness([]byte(storage.Get(ctx, keyOwner).(string))) {
		panic("only the owner may draw")
	}
	if storage.Get(ctx, keyRequest) != nil {
		panic("the draw was made already")
	}
	if Entrants() == 0 {
		panic("nobody entered")
	}
	id := dodona.Kept().RequestRandom(nil, "onNumber", nil, maxFee)
	storage.Put(ctx, keyRequest, id)
	return id
}

// OnNumber is the callback: it turns the number into a winner.
func OnNumber(id int, userData any, code int, result []byte) {
	dodona.Kept().RequireCaller()
	ctx := storage.GetContext()
	asked := storage.Get(ctx, keyRequest)
	if asked == nil || asked.(int) != id || storage.Get(ctx, keyWinner) != nil {
		return
	}
	place := draws.Below(result, 0, Entrants())
	winner := storage.Get(ctx, prefixPlace+std.Itoa10(place))
	storage.Put(ctx, keyWinner, winner)
	runtime.Notify("Won", winner, place)
}

// Entrants returns how many entered.
func Entrants() int {
	return storage.Get(storage.GetReadOnlyContext(), keyEntrants).(int)
}

// Winner returns the account that won, null before it is known.
func Winner() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyWinner).(string))
}
