// Package dodona is the gateway of Dodona as contracts call it: one method for
// each of the gateway's, with its types, and what every contract that asks needs
// besides: a place for the gateway's hash, and for what it waits for.
//
//	func _deploy(data any, isUpdate bool) {
//		if !isUpdate {
//			dodona.Keep(data)
//		}
//	}
//
//	id := dodona.Kept().RequestHttp(spec, filter, "onAnswer", nil, maxFee)
//	dodona.Expect(id)
//
// The gateway has another hash on each network, so that it is no constant here: a
// contract is given it when it is deployed. One that is compiled for one network
// may write dodona.Gateway(hash) instead, which saves reading the storage.
//
// What the gateway refuses is a FAULT of the whole transaction. All amounts are
// datoshi, of which 1 GAS has 100,000,000.
package dodona

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Gateway is the hash of a gateway.
type Gateway interop.Hash160

// Keys of this package in the storage of the contract that uses it: no key of the
// contract may begin with "dodona.".
const (
	keyGateway    = "dodona.gateway"
	prefixPending = "dodona.pending." // + id: 1 while it has no answer
)

// Keep stores the hash of the gateway, from the data of the deployment. Call it in
// _deploy, and from there alone, or from a method that only the contract's owner
// may call: who sets the gateway can forge answers.
func Keep(gateway any) {
	hash := gateway.(string)
	if len(hash) != interop.Hash160Len {
		panic("the gateway's hash is not a Hash160 (20 bytes)")
	}
	storage.Put(storage.GetContext(), keyGateway, hash)
}

// Kept returns the gateway that was stored by Keep.
func Kept() Gateway {
	hash := storage.Get(storage.GetReadOnlyContext(), keyGateway)
	if hash == nil {
		panic("no gateway was kept: call dodona.Keep in _deploy")
	}
	return Gateway(interop.Hash160(hash.(string)))
}

// Hash returns the gateway's hash, for a transfer of GAS, say.
func (g Gateway) Hash() interop.Hash160 {
	return interop.Hash160(g)
}

// RequireCaller panics unless the gateway itself is the caller. It is the first
// line of every callback: anybody can call a contract's methods.
func (g Gateway) RequireCaller() {
	if !util.Equals(runtime.GetCallingScriptHash(), interop.Hash160(g)) {
		panic("the caller is not the gateway")
	}
}

// RequireExecutor panics unless the gateway's executor is the caller, which calls
// the targets of upkeeps. Anybody may register an upkeep of any method, so it does
// not tell that the upkeep is one's own.
func (g Gateway) RequireExecutor() {
	if !util.Equals(runtime.GetCallingScriptHash(), g.Executor()) {
		panic("the caller is not the gateway's executor")
	}
}

// Expect remembers that the request of this id waits for its answer.
func Expect(id int) {
	storage.Put(storage.GetContext(), pendingKey(id), 1)
}

// IsExpected tells whether the request of this id waits for its answer.
func IsExpected(id int) bool {
	return storage.Get(storage.GetReadOnlyContext(), pendingKey(id)) != nil
}

// Receive tells whether this is the first answer to a request that Expect was
// called for, and forgets the request: a second answer of the same id, or one that
// was never asked for, is none.
func Receive(id int) bool {
	ctx := storage.GetContext()
	key := pendingKey(id)
	if storage.Get(ctx, key) == nil {
		return false
	}
	storage.Delete(ctx, key)
	return true
}

func pendingKey(id int) string {
	return prefixPending + std.Itoa10(id)
}
