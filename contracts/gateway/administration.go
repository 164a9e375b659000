package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
)

// What the owner decides: policy, pausing, and who the owner is.

// Owner returns the account that administers the gateway.
func Owner() interop.Hash160 {
	return getAccount(keyOwner)
}

func ownerSigned() bool {
	return runtime.CheckWitness(Owner())
}

func requireOwner() {
	if !ownerSigned() {
		panic("the owner's witness is missing")
	}
}

// TransferOwnership names the next owner, who must accept.
func TransferOwnership(account interop.Hash160) {
	requireOwner()
	next := hash160(account, "the proposed owner is not a Hash160 (20 bytes)")
	if !outsider(next, loadSettings().executor) {
		panic("the proposed owner is a native contract, the gateway or the executor")
	}
	put(keyProposedOwner, next)
	runtime.Notify("OwnershipProposed", next)
}

// AcceptOwnership makes the proposed owner, whose witness it needs, the owner.
func AcceptOwnership() {
	next := getAccount(keyProposedOwner)
	if next == nil {
		panic("no owner is proposed")
	}
	if !runtime.CheckWitness(next) {
		panic("only the proposed owner may accept")
	}
	before := Owner()
	put(keyOwner, next)
	remove(keyProposedOwner)
	runtime.Notify("OwnershipTransferred", before, next)
}

// Pause stops new requests, registrations and sponsorships. Answering,
// expiring, depositing, withdrawing and cancelling go on.
func Pause(on bool) {
	requireOwner()
	if any(on) == nil {
		panic("on of pause is null")
	}
	s := loadSettings()
	s.paused = any(on).(bool)
	saveSettings(s)
	runtime.Notify("Paused", s.paused)
}

// IsPaused tells whether new requests are stopped.
func IsPaused() bool {
	return loadSettings().paused
}

// SetPolicy sets premiums and minimums (datoshi, one for each kind, in the
// order of the kinds), lifetimes (blocks), the network fee ceiling (datoshi) and
// the delay of updates (blocks). Requests already made keep the policy they were
// made under. A lower delay waits for the one in force.
func SetPolicy(premiums []int, minimums []int, requestLifetime int, resultLifetime int, networkFeeCeiling int, updateDelay int) {
	requireOwner()
	s := loadSettings()
	p := &policySettings{
		premiums:          amounts(premiums, "premiums are not one for each of the 6 kinds", "a premium is not from 0 to 2^63-1"),
		minimums:          amounts(minimums, "minimums are not one for each of the 6 kinds", "a minimum is not from 0 to 2^63-1"),
		requestLifetime:   whole(requestLifetime, "requestLifetime is not from 0 to 2^63-1"),
		resultLifetime:    whole(resultLifetime, "resultLifetime is not from 0 to 2^63-1"),
		networkFeeCeiling: whole(networkFeeCeiling, "networkFeeCeiling is not from 0 to 2^63-1"),
	}
	wanted := whole(updateDelay, "updateDelay is not from 0 to 2^63-1")
	if p.requestLifetime == 0 || p.requestLifetime > maxLifetimeBlocks {
		panic("requestLifetime is not from 1 to 16777216 blocks")
	}
	if p.resultLifetime == 0 || p.resultLifetime > maxLifetimeBlocks {
		panic("resultLifetime is not from 1 to 16777216 blocks")
	}
	if wanted > maxLifetimeBlocks {
		panic("updateDelay is more than 16777216 blocks")
	}
	index := executingIndex()
	p.updateDelay = updateDelayAt(s.policy, index)
	if wanted >= p.updateDelay {
		p.updateDelay = wanted
	} else if s.policy.lowerFrom > index && s.policy.lowerUpdateDelay == wanted {
		// Waiting already: another change of policy does not start it again.
		p.lowerUpdateDelay = wanted
		p.lowerFrom = s.policy.lowerFrom
	} else {
		p.lowerUpdateDelay = wanted
		p.lowerFrom = index + p.updateDelay
	}
	s.policy = p
	saveSettings(s)
	runtime.Notify("PolicyChanged", p.premiums, p.minimums, p.requestLifetime, p.resultLifetime,
		p.networkFeeCeiling, p.updateDelay, p.lowerUpdateDelay, p.lowerFrom)
}

// amounts returns a copy with one amount for each kind.
func amounts(given []int, notAll string, refusal string) []int {
	if len(given) != kinds {
		panic(notAll)
	}
	checked := []int{}
	for i := range given {
		checked = append(checked, whole(given[i], refusal))
	}
	return checked
}

func updateDelayAt(p *policySettings, index int) int {
	if p.lowerFrom != 0 && index >= p.lowerFrom {
		return p.lowerUpdateDelay
	}
	return p.updateDelay
}

// Policy returns [premiums, minimums, requestLifetime, resultLifetime,
// networkFeeCeiling, updateDelay, lowerUpdateDelay, lowerFrom]. premiums and
// minimums are by kind: oracle, http, function, random, price, upkeep.
// lowerFrom is the block from which lowerUpdateDelay holds, 0 if none is waiting.
func Policy() []any {
	p := loadSettings().policy
	if p.lowerFrom != 0 && executingIndex() >= p.lowerFrom {
		p.updateDelay = p.lowerUpdateDelay
		p.lowerUpdateDelay = 0
		p.lowerFrom = 0
	}
	return []any{p.premiums, p.minimums, p.requestLifetime, p.resultLifetime, p.networkFeeCeiling,
		p.updateDelay, p.lowerUpdateDelay, p.lowerFrom}
}
