// Package games is an example of a contract that plays with random numbers: it
// draws a number in a range, as dice do, and deals cards in a random order.
//
// What to take from it: what a number is for is fixed when it is asked for, and
// travels in userData; a number serves once; and nothing can be changed between
// asking and the answer, since the number can be seen before its block.
package games

import (
	"github.com/dodona-oracle/dodona/contracts/draws"
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

const (
	keyGateway    = "g"
	keyOwner      = "o"
	prefixPending = "p" // + id: 1 while it has no answer
	prefixNumber  = "n" // + id: Integer
	prefixOrder   = "c" // + id: cards, in order
)

// span is what a number is asked for: to lie between two others, both among them.
type span struct {
	lowest  int
	highest int
}

// The deploy data is the gateway's hash. Whoever deploys owns the contract.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		return
	}
	ctx := storage.GetContext()
	storage.Put(ctx, keyGateway, data.(string))
	storage.Put(ctx, keyOwner, runtime.GetScriptContainer().Sender)
}

// Roll asks for a number from lowest to highest, for at most maxFee datoshi of
// this contract's credit, and returns the id of the request.
func Roll(lowest int, highest int, maxFee int) int {
	if lowest > highest {
		panic("the lowest number of a roll is above its highest")
	}
	return ask("onRoll", span{lowest: lowest, highest: highest}, maxFee)
}

// OnRoll is the callback of Roll.
func OnRoll(id int, asked *span, code int, result []byte) {
	if receive(id) {
		number := draws.Between(result, 0, asked.lowest, asked.highest)
		storage.Put(storage.GetContext(), key(prefixNumber, id), number)
		runtime.Notify("Rolled", id, number)
	}
}

// Deal asks for so many cards, 0 to cards-1, in a random order.
func Deal(cards int, maxFee int) int {
	if cards < 1 || cards > draws.MaxShuffled {
		panic("cards is not from 1 to 256")
	}
	return ask("onDeal", cards, maxFee)
}

// OnDeal is the callback of Deal.
func OnDeal(id int, cards int, code int, result []byte) {
	if receive(id) {
		order := std.Serialize(draws.Shuffled(result, cards))
		storage.Put(storage.GetContext(), key(prefixOrder, id), order)
		runtime.Notify("Dealt", id)
	}
}

// NumberOf returns the number of a roll, null before it is known.
func NumberOf(id int) any {
	return storage.Get(storage.GetReadOnlyContext(), key(prefixNumber, id))
}

// OrderOf returns the cards of a deal, null before they are known.
func OrderOf(id int) any {
	order := storage.Get(storage.GetReadOnlyContext(), key(prefixOrder, id))
	if order == nil {
		return nil
	}
	return std.Deserialize(order.([]byte))
}

func ask(callback string, purpose any, maxFee int) int {
	ctx := storage.GetContext()
	if !runtime.CheckWitness([]byte(storage.Get(ctx, keyOwner).(string))) {
		panic("only the owner may play")
	}
	id := contract.Call(gateway(), "requestRandom", contract.All, nil, callback, purpose, maxFee).(int)
	storage.Put(ctx, key(prefixPending, id), 1)
	return id
}

// receive returns whether an answer is the first one to a question of this
// contract. The code is always Success: a random request has no other answer.
func receive(id int) bool {
	if !util.Equals(runtime.GetCallingScriptHash(), gateway()) {
		panic("only the gateway may end a game")
	}
	ctx := storage.GetContext()
	pending := key(prefixPending, id)
	if storage.Get(ctx, pending) == nil {
		return false
	}
	storage.Delete(ctx, pending)
	return true
}

func key(prefix string, id int) string {
	return prefix + std.Itoa10(id)
}

func gateway() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyGateway).(string))
}
