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

// charge takes from the reservation what the answer cost, gives back the rest
// and returns what it took.
//
// fee = what the item used + its share of what the items have in common: of
// shared, the transaction's system fee less all that the items used, and of the
// network fee up to the request's ceiling. Of n items the one at place k bears
// floor((common + k) / n), which sums to common exactly. n counts skipped
// items too: their share, and what they used, stays with the sender.
//
// Then lost, then the premium, as far as maxFee reaches; what is over is the
// sender's loss. So fee + lost + premium of the event is what was charged.
func charge(a *answered, shared int, n int, networkFee int) int {
	r := a.request
	common := shared + min(networkFee, r.networkFeeCeiling)
	left := r.maxFee
	// Under invokescript the fees are 0, and this is below 0.
	fee := min(max(a.used+(common+a.place)/n, 0), left)
	left -= fee
	lost := min(a.lost, left)
	left -= lost
	premium := min(r.premium, left)
	left -= premium
	release(r, left)
	runtime.Notify("Response", a.id, r.requester, payerOf(r), a.code, a.delivered, fee, lost, premium)
	return r.maxFee - left
}

// lostFee is what an earlier transaction cost that faulted in this request's
// callback. The node marks a transaction for one request alone by the nonce, so
// no loss can be claimed of two requests, and this request is settled once.
func lostFee(id int, r *request, hash any, sender interop.Hash160) int {
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
	if ledger.GetTransactionHeight(interop.Hash256(lostTx)) <= r.asked {
		panic("lostTx is not in a block after the request's")
	}
	return lost.SysFee + min(lost.NetFee, r.networkFeeCeiling)
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
