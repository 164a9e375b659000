package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/policy"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// The node account: who may answer. It changes in two steps, so that it cannot
// be given to an account that nobody can sign for.

// requireNode refuses all but the node account and, until the overlap ends, the
// one before it.
func requireNode(index int) {
	node := getAccount(keyNode)
	if node != nil && runtime.CheckWitness(node) {
		return
	}
	before := openOverlap(index)
	if before != nil && runtime.CheckWitness(before.account) {
		return
	}
	panic("the node account's witness is missing")
}

// openOverlap returns the overlap that the block index lies in, or nil.
func openOverlap(index int) *overlap {
	found := getRecord(keyOverlap)
	if found == nil {
		return nil
	}
	o := found.(*overlap)
	if index > o.until {
		return nil
	}
	return o
}

// NodeAccount returns the account that answers, null if it was revoked.
func NodeAccount() interop.Hash160 {
	return getAccount(keyNode)
}

// Overlap returns [account, until]: the node account before this one and the
// last block in which it may still answer. Null if there is none.
func Overlap() []any {
	o := openOverlap(executingIndex())
	if o == nil {
		return nil
	}
	return []any{o.account, o.until}
}

// ProposeNodeAccount names the next node account. The owner may, which ends an
// open overlap; and the node account itself, which may neither do so while an
// overlap is open nor put its proposal in the place of the owner's.
func ProposeNodeAccount(account interop.Hash160) {
	next := hash160(account, "the proposed node account is not a Hash160 (20 bytes)")
	if !outsider(next, loadSettings().executor) {
		panic("the proposed node account is a native contract, the gateway or the executor")
	}
	node := getAccount(keyNode)
	if node != nil && util.Equals(next, node) {
		panic("the proposed account is the node account already")
	}
	byOwner := ownerSigned()
	if byOwner {
		remove(keyOverlap)
	} else {
		if node == nil || !runtime.CheckWitness(node) {
			panic("only the owner or the node account may propose a node account")
		}
		if openOverlap(executingIndex()) != nil {
			panic("while an overlap is open only the owner may propose a node account")
		}
		open := getRecord(keyNodeProposal)
		if open != nil && open.(*nodeProposal).byOwner {
			panic("the owner's proposal is open: only the owner may replace it")
		}
	}
	putRecord(keyNodeProposal, &nodeProposal{account: next, byOwner: byOwner})
	runtime.Notify("NodeAccountProposed", next, byOwner)
}

// AcceptNodeAccount makes the proposed account, whose witness it needs, the
// node account. The one before it may still answer in the next overlapBlocks
// blocks, a day of blocks at most, so that what it has sent is not lost.
func AcceptNodeAccount(overlapBlocks int) {
	overlapBlocks = whole(overlapBlocks, "overlapBlocks is not from 0 to 2^63-1")
	if overlapBlocks > millisecondsInDay/policy.GetMillisecondsPerBlock() {
		panic("overlapBlocks is more than a day of blocks")
	}
	open := getRecord(keyNodeProposal)
	if open == nil {
		panic("no node account is proposed")
	}
	next := open.(*nodeProposal).account
	if !runtime.CheckWitness(next) {
		panic("only the proposed account may accept")
	}
	node := getAccount(keyNode)
	until := 0
	remove(keyOverlap)
	if node != nil && overlapBlocks != 0 {
		until = executingIndex() + overlapBlocks
		putRecord(keyOverlap, &overlap{account: node, until: until})
	}
	put(keyNode, next)
	remove(keyNodeProposal)
	runtime.Notify("NodeAccountChanged", node, next, until)
}

// RevokeNodeAccount ends the node account, an overlap and any proposal at once:
// for a stolen key. Until the next acceptance nothing is answered, and
// deadlines run on.
func RevokeNodeAccount() {
	requireOwner()
	node := getAccount(keyNode)
	remove(keyNode)
	remove(keyOverlap)
	remove(keyNodeProposal)
	runtime.Notify("NodeAccountRevoked", node)
}
