// Package gateway is the one contract that users, their contracts and the node
// meet in: contracts ask here, the node answers here, and all credit is here.
//
// One file an area: asking, functions, answering, charging, results, money,
// sponsors, upkeeps, their triggers and runs, prices and their feeds, keys,
// random numbers, administration, updating; below them checks (arguments and callers), storage
// (keys and records) and limits.
//
// Held throughout:
//   - GAS held = sum of credits + reserved + earned.
//   - State is written before a stranger's code is called, and nothing read
//     before such a call is used to write after it.
//   - A refusal throws, so the caller sees why, and rolls back what it did.
package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// interfaceVersion grows with every update that adds to or changes the interface.
const interfaceVersion = 1

// Policy of a new gateway: that of a devnet at Neo's default prices. The
// minimums cover a plain answer at ExecFeeFactor 30 and StoragePrice 100000.
const (
	firstMinimum           = 35000000  // datoshi
	firstRandomMinimum     = 480000000 // datoshi: to verify a proof takes 4.1 GAS
	firstNetworkFeeCeiling = 110000000 // datoshi: what a transaction of 102400 bytes pays
	firstRequestLifetime   = 240       // blocks
	firstResultLifetime    = 172800    // blocks: 30 days of 15 s
	firstUpdateDelay       = 40        // blocks; to raise it takes no waiting
)

// deployData is what the deployer hands over. The executor's hash is known
// before either contract exists, since a hash is made of the deployer, the
// NEF's checksum and the name.
type deployData struct {
	owner    interop.Hash160
	node     interop.Hash160
	executor interop.Hash160
}

func _deploy(data any, isUpdate bool) {
	if isUpdate {
		version := get(keyVersion)
		if version == nil || version.(int) != layoutVersion {
			panic("the storage is of a version that this code does not know")
		}
		return
	}
	given := data.(*deployData)
	executor := hash160(given.executor, "executor in the deploy data is not a Hash160 (20 bytes)")
	owner := hash160(given.owner, "owner in the deploy data is not a Hash160 (20 bytes)")
	node := hash160(given.node, "nodeAccount in the deploy data is not a Hash160 (20 bytes)")
	if !outsider(owner, executor) {
		panic("owner in the deploy data is a native contract, the gateway or the executor")
	}
	if !outsider(node, executor) {
		panic("nodeAccount in the deploy data is a native contract, the gateway or the executor")
	}
	creditEarlyGAS(owner)
	put(keyVersion, layoutVersion)
	put(keyOwner, owner)
	put(keyNode, node)
	saveSettings(&settings{
		executor: executor,
		policy: &policySettings{
			premiums:          []int{0, 0, 0, 0, 0, 0},
			minimums:          []int{firstMinimum, firstMinimum, firstMinimum, firstRandomMinimum, firstMinimum, firstMinimum},
			requestLifetime:   firstRequestLifetime,
			resultLifetime:    firstResultLifetime,
			networkFeeCeiling: firstNetworkFeeCeiling,
			updateDelay:       firstUpdateDelay,
		},
	})
}

// creditEarlyGAS gives the owner what was sent to the gateway's hash before there
// was a gateway to take it, so that from the first block on GAS held is what the
// balances say.
func creditEarlyGAS(owner interop.Hash160) {
	held := gas.BalanceOf(runtime.GetExecutingScriptHash())
	if held == 0 {
		return
	}
	put(accountKey(prefixBalance, owner), pack(0, held))
	runtime.Notify("Deposit", owner, owner, held)
}

// Version returns the version of the interface.
func Version() int {
	return interfaceVersion
}

// Executor returns the contract that makes the calls of upkeeps.
func Executor() interop.Hash160 {
	return loadSettings().executor
}
