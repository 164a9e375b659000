package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// keep stores an answer that no callback took. Its delivery record stays.
func keep(id int, r *request, code int, result string, index int) {
	putRecord(idKey(prefixKept, id), &kept{
		requester: r.requester,
		delivers:  r.delivers,
		code:      code,
		result:    result,
		answered:  index,
		keptUntil: index + r.resultLifetime,
	})
}

func forget(id int, k *kept) {
	remove(idKey(prefixKept, id))
	if k.delivers {
		remove(idKey(prefixDelivery, id))
	}
}

// ResultOf returns [requester, code, result, answered, keptUntil] of an answer
// that is kept, null of any other.
func ResultOf(id int) []any {
	id = whole(id, "id of resultOf is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixKept, id))
	if found == nil {
		return nil
	}
	k := found.(*kept)
	return []any{k.requester, k.code, k.result, k.answered, k.keptUntil}
}

// TakeResult removes a kept answer and returns [code, result]. Only the
// requester may.
func TakeResult(id int) []any {
	id = whole(id, "id of takeResult is not from 0 to 2^63-1")
	requester := caller(loadSettings().executor)
	found := getRecord(idKey(prefixKept, id))
	if found == nil {
		panic("no result of this id is kept")
	}
	k := found.(*kept)
	if !util.Equals(requester, k.requester) {
		panic("only the requester may take a result")
	}
	forget(id, k)
	runtime.Notify("ResultTaken", id)
	return []any{k.code, k.result}
}

// Redeliver calls the callback with a kept answer again, by anyone and at the
// caller's cost. If it throws, so does this, and the answer stays: the removal
// is rolled back with the rest. Not in the answer's own block, where the node's
// transaction would pay for it.
func Redeliver(id int) {
	id = whole(id, "id of redeliver is not from 0 to 2^63-1")
	found := getRecord(idKey(prefixKept, id))
	if found == nil {
		panic("no result of this id is kept to redeliver")
	}
	k := found.(*kept)
	if !k.delivers {
		panic("the request named no callback to redeliver to")
	}
	if executingIndex() <= k.answered {
		panic("redeliver is not possible in the answer's own block")
	}
	d := getRecord(idKey(prefixDelivery, id)).(*delivery)
	if !management.HasMethod(k.requester, d.callback, 4) {
		panic("the requester has no such callback with 4 parameters")
	}
	forget(id, k)
	runtime.Notify("Redelivered", id)
	contract.Call(k.requester, d.callback, contract.All, callbackArgs(d, id, k.code, k.result)...)
}

// DropResults removes kept answers whose lifetime is over. Anyone may call it,
// for at most 64 ids; all others are skipped.
func DropResults(ids []int) {
	if len(ids) > maxIds {
		panic("more than 64 ids in one dropResults")
	}
	index := executingIndex()
	for i := range ids {
		id := whole(ids[i], "an id of dropResults is not from 0 to 2^63-1")
		found := getRecord(idKey(prefixKept, id))
		if found == nil {
			continue
		}
		k := found.(*kept)
		if index > k.keptUntil {
			forget(id, k)
			runtime.Notify("ResultDropped", id)
		}
	}
}

// Rehearse calls a callback as Respond would and then aborts with a message
// that says how it ended, so that its fee can be estimated with invokescript
// before a request exists. A transaction in a block has a system fee and is
// refused; and even so an abort undoes everything.
func Rehearse(requester interop.Hash160, callback string, args []any) {
	if runtime.GetScriptContainer().SysFee != 0 {
		panic("rehearse runs under invokescript only: the system fee is not 0")
	}
	target := hash160(requester, "requester of rehearse is not a Hash160 (20 bytes)")
	method := text(callback, maxCallbackBytes, "callback of rehearse is longer than 32 bytes", "callback of rehearse is not UTF-8")
	if !outsider(target, loadSettings().executor) {
		panic("requester of rehearse is a native contract, the gateway or the executor")
	}
	if len(method) == 0 || method[0] == '_' {
		panic("callback of rehearse is empty or starts with an underscore")
	}
	if len(args) != 4 {
		panic("args of rehearse are not 4")
	}
	if !management.HasMethod(target, method, 4) {
		util.AbortMsg("rehearsed: no such callback with 4 parameters")
	}
	util.AbortMsg("rehearsed: " + rehearsal(target, method, args))
}

// thrown holds the text of what a rehearsed callback threw; a recovered panic
// leaves its function without a say in what it returns.
var thrown string

func rehearsal(target interop.Hash160, method string, args []any) string {
	thrown = ""
	if attemptAloud(target, method, args) {
		return "returned"
	}
	return "threw " + thrown
}

func attemptAloud(target interop.Hash160, method string, args []any) bool {
	defer func() {
		if e := recover(); e != nil {
			raw := std.Serialize(e)
			if raw[0] == 0x28 { // only bytes can be shown
				thrown = e.(string)
			}
		}
	}()
	contract.Call(target, method, contract.All, args...)
	return true
}
