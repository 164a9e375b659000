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

// What an upkeep is at the moment, beside pack(last due, block of the last run).
const (
	flagFunded    = 1 // one maxFee is locked
	flagCancelled = 2 // its target is called no more
)

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
	put(idKey(prefixProgress, id), progress(since, u.registered, flagFunded))
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
	if flagsOf(p) != 0 {
		panic("the upkeep is funded already, or cancelled")
	}
	if !lockNext(u) {
		panic("the credit of the upkeep's owner is below its maxFee")
	}
	put(idKey(prefixProgress, id), p+flagFunded)
	runtime.Notify("UpkeepFunded", id, u.maxFee)
}

// CancelUpkeep ends an upkeep, by its owner: its target is called no more. An
// unfunded one is gone at once. Else what is locked stays as long as a request
// would, for a run may be under way whose fees are burnt already: until a block
// that the event names the node may charge it, once. After that block anyone
// may call again, and the owner has the lock back.
func CancelUpkeep(id int) {
	id = whole(id, "id of cancelUpkeep is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixUpkeep, id))
	if found == nil {
		panic("no upkeep has the id of cancelUpkeep")
	}
	u := found.(*upkeep)
	s := loadSettings()
	key := idKey(prefixProgress, id)
	p := getPacked(key)
	index := executingIndex()
	if flagsOf(p) == flagFunded+flagCancelled {
		if index <= get(idKey(prefixEnding, id)).(int) {
			panic("the upkeep is cancelled already, and what is locked cannot be given back yet")
		}
		unlock(u, u.maxFee)
		forgetUpkeep(id)
		runtime.Notify("UpkeepCancelled", id)
		return
	}
	if !util.Equals(caller(s.executor), u.owner) {
		panic("only the upkeep's owner may cancel it")
	}
	if flagsOf(p) == 0 {
		forgetUpkeep(id)
		runtime.Notify("UpkeepCancelled", id)
		return
	}
	until := index + s.policy.requestLifetime
	put(key, p+flagCancelled)
	put(idKey(prefixEnding, id), until)
	runtime.Notify("UpkeepEnding", id, until)
}

// unlock ends a lock: refund goes back to the owner's credit, what is left of
// maxFee was charged.
func unlock(u *upkeep, refund int) {
	key := accountKey(prefixBalance, u.owner)
	balance := getPacked(key)
	put(key, pack(packedHigh(balance)-u.maxFee, packedLow(balance)+refund))
}

func forgetUpkeep(id int) {
	remove(idKey(prefixUpkeep, id))
	remove(idKey(prefixProgress, id))
	remove(idKey(prefixEnding, id))
}

// UpkeepOf returns [owner, target, method, args, trigger, maxFee, premium,
// networkFeeCeiling, registered, lastDue, lastRun, funded, ending] of an upkeep,
// null of none. registered and lastRun are blocks, lastRun that of the
// registration before the first; lastDue is a time (ms) for cron, else a block;
// ending is the last block in which a cancelled one may be charged, 0 of others.
func UpkeepOf(id int) []any {
	id = whole(id, "id of upkeepOf is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixUpkeep, id))
	if found == nil {
		return nil
	}
	u := found.(*upkeep)
	p := getPacked(idKey(prefixProgress, id))
	ending := 0
	if flagsOf(p) == flagFunded+flagCancelled {
		ending = get(idKey(prefixEnding, id)).(int)
	}
	return []any{u.owner, u.target, u.method, u.args, u.trigger, u.maxFee, u.premium, u.networkFeeCeiling,
		u.registered, packedHigh(p), lastRunOf(p), flagsOf(p) != 0, ending}
}

// progress is what of an upkeep changes, in 16 bytes always: so a run costs the
// same in preflight and in the block.
func progress(due int, lastRun int, flags int) int {
	return pack(due, lastRun<<2+flags)
}

func flagsOf(p int) int {
	return p & 3
}

func lastRunOf(p int) int {
	return packedLow(p) >> 2
}
