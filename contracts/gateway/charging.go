package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Reserving, charging, refunding. Each moves datoshi between a payer's credit,
// what is reserved of it, and the earnings of who sent the transaction; none is
// made or lost on the way.

// reserve sets maxFee of the payer's credit aside: of the requester's own if that
// suffices, else of the sponsor that it accepted. It returns the sponsor and the
// generation of the sponsorship, or null and 0.
func reserve(requester interop.Hash160, maxFee int) (any, int) {
	key := accountKey(prefixBalance, requester)
	balance := getPacked(key)
	if packedLow(balance) >= maxFee {
		put(key, pack(packedHigh(balance)+maxFee, packedLow(balance)-maxFee))
		return nil, 0
	}
	sponsor, generation := chargeSponsor(requester, maxFee)
	key = accountKey(prefixBalance, sponsor)
	balance = getPacked(key)
	if packedLow(balance) < maxFee {
		panic("the requester's credit is below maxFee, and so is the sponsor's")
	}
	put(key, pack(packedHigh(balance)+maxFee, packedLow(balance)-maxFee))
	return sponsor, generation
}

// release ends a reservation: refund goes back to the payer's credit, what is
// left of maxFee was charged.
func release(r *request, refund int) {
	key := accountKey(prefixBalance, payerOf(r))
	balance := getPacked(key)
	put(key, pack(packedHigh(balance)-r.maxFee, packedLow(balance)+refund))
	if r.sponsor != nil {
		restoreAllowance(r, refund)
	}
}

// shareOf is what the item at a place of n items costs: what it used, and of
// common, which the items have in common, floor((common + place) / n), which
// sums to common exactly.
func shareOf(used int, place int, common int, n int) int {
	return used + (common+place)/n
}

// split divides what is charged of maxFee into the fee, what an earlier attempt
// lost and the premium, in this order, as far as maxFee reaches. Under
// invokescript the fees are 0, and share is below 0.
func split(maxFee int, share int, lost int, premium int) (int, int, int) {
	fee := min(max(share, 0), maxFee)
	lost = min(lost, maxFee-fee)
	return fee, lost, min(premium, maxFee-fee-lost)
}

// charge takes from the reservation what the answer cost, gives back the rest
// and returns what it took.
//
// fee = what the item used + its share of what the items have in common: of
// shared, the transaction's system fee less all that the items used, and of the
// network fee up to the request's ceiling. n counts skipped items too: their
// share, and what they used, stays with the sender. What is over maxFee is the
// sender's loss. So fee + lost + premium of the event is what was charged.
func charge(a *answered, shared int, n int, networkFee int) int {
	r := a.request
	share := shareOf(a.used, a.place, shared+min(networkFee, r.networkFeeCeiling), n)
	fee, lost, premium := split(r.maxFee, share, a.lost, r.premium)
	charged := fee + lost + premium
	release(r, r.maxFee-charged)
	runtime.Notify("Response", a.id, r.requester, payerOf(r), a.code, a.delivered, fee, lost, premium)
	return charged
}

// lostFee is what an earlier transaction cost that faulted in this request's
// callback or this upkeep's target, and its block. The node marks a transaction
// for one alone by the nonce, so no loss can be claimed of two; and of one only
// once, since the block must be after the request's, which is settled once, or
// after the last run of the upkeep.
func lostFee(id int, hash any, sender interop.Hash160, networkFeeCeiling int) (int, int) {
	lostTx := hash.(string)
	if len(lostTx) != interop.Hash256Len {
		panic("lostTx is not a Hash256 (32 bytes)")
	}
	lost := ledger.GetTransaction(interop.Hash256(lostTx))
	if lost == nil {
		panic("lostTx is no transaction that the ledger knows")
	}
	if ledger.GetTransactionVMState(interop.Hash256(lostTx)) != ledger.FaultState {
		panic("lostTx did not fault")
	}
	if !util.Equals(lost.Sender, sender) {
		panic("lostTx was sent by another account than this transaction")
	}
	if lost.Nonce != id&0xffffffff {
		panic("lostTx has a nonce that is not the low 32 bits of the id")
	}
	return lost.SysFee + min(lost.NetFee, networkFeeCeiling), ledger.GetTransactionHeight(interop.Hash256(lostTx))
}

// requireCharging refuses all but the first call of the transaction into the
// gateway, by the entry script: the methods that charge its fees do so once.
func requireCharging(notByEntry string, notFirst string) {
	if !calledByEntry() {
		panic(notByEntry)
	}
	if runtime.GetInvocationCounter() != 1 {
		panic(notFirst)
	}
}

// earn adds to the earnings of the account that paid for the transaction.
func earn(account interop.Hash160, amount int, answers int) {
	key := accountKey(prefixEarned, account)
	balance := getPacked(key)
	put(key, pack(packedHigh(balance)+answers, packedLow(balance)+amount))
}

// Expire refunds requests that nobody answered in time. Anyone may call it, for
// at most 64 ids; those settled already, or not past their deadline, are skipped.
func Expire(ids []int) {
	if len(ids) > maxIds {
		panic("more than 64 ids in one expire")
	}
	index := executingIndex()
	expired := 0
	for i := range ids {
		id := whole(ids[i], "an id of expire is not from 0 to 2^63-1")
		found := loadPending(id)
		if found == nil {
			continue
		}
		r := found.(*request)
		if index <= r.deadline {
			continue
		}
		remove(idKey(prefixRequest, id))
		if r.delivers {
			remove(idKey(prefixDelivery, id))
		}
		if r.kind == kindRandom {
			remove(idKey(prefixDraw, id))
		}
		release(r, r.maxFee)
		expired++
		runtime.Notify("Expired", id, payerOf(r), r.maxFee)
	}
	if expired != 0 {
		counters := getPacked(keyCounters)
		put(keyCounters, pack(packedHigh(counters)-expired, packedLow(counters)))
	}
}
