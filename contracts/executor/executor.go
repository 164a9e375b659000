// Package executor makes the calls of upkeeps for the gateway.
//
// Called by the gateway itself, a target could be told to spend the gateway's
// GAS (GAS.transfer asks who calls it) or be shown a forged answer (a consumer's
// callback trusts the gateway). So the calls come from a contract that owns
// nothing and that nobody trusts. It has no owner, no update and takes no payment.
package executor

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/storage"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

const keyGateway = "g"

// The deploy data is the gateway's hash, which is known before either contract
// exists.
func _deploy(data any, isUpdate bool) {
	if isUpdate {
		panic("the executor is never updated")
	}
	gateway := data.(string)
	if len(gateway) != interop.Hash160Len {
		panic("the deploy data is not the gateway's Hash160 (20 bytes)")
	}
	storage.Put(storage.GetContext(), keyGateway, gateway)
}

// Gateway returns the only contract that may call.
func Gateway() interop.Hash160 {
	return interop.Hash160(storage.Get(storage.GetReadOnlyContext(), keyGateway).(string))
}

// Call calls a method for the gateway and returns what it returned, null if
// that was nothing.
func Call(target interop.Hash160, method string, args []any, callFlags int) any {
	if !util.Equals(runtime.GetCallingScriptHash(), Gateway()) {
		panic("only the gateway may call the executor")
	}
	return contract.Call(target, method, contract.CallFlag(callFlags), args...)
}
