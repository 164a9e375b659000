package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// Upkeeps are calls that come by themselves: the owner registers what is to be
// called and when, and keeps credit for it. A funded upkeep has one maxFee of
// its owner's credit locked, which pays for its next run.

// RegisterUpkeep has method of target called with args whenever trigger is due,
// for at most maxFee a run of the caller's credit, and returns its id. Premium
// and network fee ceiling are those of the policy now, for as long as it lives.
func RegisterUpkeep(target interop.Hash160, method string, args []any, trigger string, maxFee int) int {
	s := loadSettings()
	u := parseTrigger(trigger)
	u.target = hash160(target, "target of registerUpkeep is not a Hash160 (20 bytes)")
	u.method = text(method, maxMethodBytes, "method of registerUpkeep is longer than 64 bytes", "method of registerUpkeep is not UTF-8")
	if len(u.method) == 0 || u.method[0] == '_' {
		panic("method of registerUpkeep is empty or starts with an underscore")
	}
	u.args = upkeepArgs(args)
	u.maxFee = whole(maxFee, "maxFee of registerUpkeep is not from 0 to 2^63-1")
	if s.paused {
		panic("the gateway is paused: it takes no new upkeeps")
	}
	if u.maxFee < s.policy.minimums[kindUpkeep] {
		panic("maxFee of registerUpkeep is below the policy's minimum for upkeeps")
	}
	u.owner = caller(s.executor)
	if !outsider(u.target, s.executor) {
		panic("target of registerUpkeep is a native contract, the gateway or the executor")
	}
	if !management.HasMethod(u.target, u.method, len(u.args)) {
		panic("target of registerUpkeep has no such method with as many parameters as there are args")
	}
	if u.kind == triggerWhen && !management.HasMethod(u.target, u.condition, 0) {
		panic("the condition that when: names is no method of the target without parameters")
	}
	if !lockNext(u) {
		panic("the owner's credit is below maxFee of registerUpkeep")
	}
	u.premium = s.policy.premiums[kindUpkeep]
	u.networkFeeCeiling = s.policy.networkFeeCeiling
	u.registered = executingIndex()
	since := u.registered
	if u.kind == triggerCron {
		since = runtime.GetTime()
	}
	id := nextID(0)
	putRecord(idKey(prefixUpkeep, id), u)
	put(idKey(prefixProgress, id), progress(since, u.registered, true))
	runtime.Notify("UpkeepRegistered", id, u.owner, u.target, u.method, u.trigger, u.maxFee)
	return id
}

// upkeepArgs returns what a target is called with; null is nothing.
func upkeepArgs(args []any) []any {
	if any(args) == nil {
		return []any{}
	}
	raw := std.Serialize(args)
	if raw[0] != itemArray {
		panic("args of registerUpkeep is not an array")
	}
	if len(args) > maxUpkeepArgs {
		panic("args of registerUpkeep is more than 16 items")
	}
	if len(raw) > maxUpkeepArgsBytes {
		panic("args of registerUpkeep is longer than 512 bytes when serialised")
	}
	return args
}

// lockNext sets maxFee of the owner's credit aside, and returns whether there
// was enough.
func lockNext(u *upkeep) bool {
	key := accountKey(prefixBalance, u.owner)
	balance := getPacked(key)
	if packedLow(balance) < u.maxFee {
		return false
	}
	put(key, pack(packedHigh(balance)+u.maxFee, packedLow(balance)-u.maxFee))
	return true
}

// FundUpkeep locks maxFee for the next run of an upkeep that was left without,
// when its owner has the credit again. Anyone may call it.
func FundUpkeep(id int) {
	id = whole(id, "id of fundUpkeep is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixUpkeep, id))
	if found == nil {
		panic("no upkeep has the id of fundUpkeep")
	}
	u := found.(*upkeep)
	p := getPacked(idKey(prefixProgress, id))
	if isFunded(p) {
		panic("the upkeep is funded already")
	}
	if !lockNext(u) {
		panic("the credit of the upkeep's owner is below its maxFee")
	}
	put(idKey(prefixProgress, id), progress(packedHigh(p), lastRunOf(p), true))
	runtime.Notify("UpkeepFunded", id, u.maxFee)
}

// CancelUpkeep ends an upkeep, by its owner. It is gone at once, and what is
// locked for its next run is credit again. A run of it that is charged later in
// this transaction, whose target cancelled it, keeps the lock that it began with.
func CancelUpkeep(id int) {
	id = whole(id, "id of cancelUpkeep is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixUpkeep, id))
	if found == nil {
		panic("no upkeep has the id of cancelUpkeep")
	}
	u := found.(*upkeep)
	if !util.Equals(caller(loadSettings().executor), u.owner) {
		panic("only the upkeep's owner may cancel it")
	}
	key := idKey(prefixProgress, id)
	if isFunded(getPacked(key)) {
		unlock(u, u.maxFee)
	}
	remove(idKey(prefixUpkeep, id))
	remove(key)
	runtime.Notify("UpkeepCancelled", id)
}

// unlock ends a lock: refund goes back to the owner's credit, what is left of
// maxFee was charged.
func unlock(u *upkeep, refund int) {
	key := accountKey(prefixBalance, u.owner)
	balance := getPacked(key)
	put(key, pack(packedHigh(balance)-u.maxFee, packedLow(balance)+refund))
}

// UpkeepOf returns [owner, target, method, args, trigger, maxFee, premium,
// networkFeeCeiling, registered, lastDue, lastRun, funded] of an upkeep, null of
// none. registered and lastRun are blocks, lastRun that of the registration
// before the first; lastDue is a time (ms) for cron, else a block.
func UpkeepOf(id int) []any {
	id = whole(id, "id of upkeepOf is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixUpkeep, id))
	if found == nil {
		return nil
	}
	u := found.(*upkeep)
	p := getPacked(idKey(prefixProgress, id))
	return []any{u.owner, u.target, u.method, u.args, u.trigger, u.maxFee, u.premium, u.networkFeeCeiling,
		u.registered, packedHigh(p), lastRunOf(p), isFunded(p)}
}

// progress is what of an upkeep changes, in 16 bytes always: so a run costs the
// same in preflight and in the block. funded: one maxFee is locked.
func progress(due int, lastRun int, funded bool) int {
	low := lastRun << 1
	if funded {
		low++
	}
	return pack(due, low)
}

func isFunded(p int) bool {
	return p&1 == 1
}

func lastRunOf(p int) int {
	return packedLow(p) >> 1
}
