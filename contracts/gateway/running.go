package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/contract"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/ledger"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/management"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// run is what the node says of one occurrence of an upkeep.
type run struct {
	id      int
	due     int // ms for cron, else a block
	deliver bool
	lostTx  any // Hash256 of a transaction that faulted in an earlier attempt, or null
}

// performed is a run that was made and is still to be charged.
type performed struct {
	id        int
	upkeep    *upkeep
	due       int
	delivered bool
	lost      int
	premium   int
	locked    int // for the next run
	used      int // datoshi of execution between two readings of GasLeft
	place     int // in the list of runs
}

// PerformUpkeeps makes runs of upkeeps: an array of [id, due, deliver, lostTx],
// with the node account's witness. An upkeep that is gone or not funded is
// skipped, and so is an occurrence that is not after the last one or not yet
// due. First all targets are called, then each run is charged.
func PerformUpkeeps(runs []*run) {
	requireCharging("performUpkeeps must be called by the entry script",
		"performUpkeeps must be the transaction's first call into the gateway")
	if len(runs) > maxRuns {
		panic("more than 32 runs in one performUpkeeps")
	}
	index := executingIndex()
	requireNode(index)
	executor := loadSettings().executor
	tx := runtime.GetScriptContainer()
	done := []*performed{}
	shared := tx.SysFee
	for i := range runs {
		before := runtime.GasLeft()
		if len(any(runs[i]).([]any)) != 4 {
			panic("a run is not [id, due, deliver, lostTx]")
		}
		p := perform(runs[i], index, executor, tx)
		used := before - runtime.GasLeft()
		shared -= used
		if p != nil {
			p.used = used
			p.place = i
			done = append(done, p)
		}
	}
	if len(done) < len(runs) {
		// What was meant for a run that is skipped, since its upkeep is cancelled
		// perhaps, is the sender's loss: the others share what was spent alone.
		shared -= runtime.GasLeft()
	}
	earned := 0
	for i := range done {
		earned += chargeRun(done[i], shared, len(runs), tx.NetFee)
	}
	earn(tx.Sender, earned, 0)
	runtime.Notify("Earned", tx.Sender, earned)
}

// perform makes one run but for its charge, nil if there is nothing to run. All
// that is kept of the upkeep is written before its target is called, and
// nothing after: the target may cancel it, fund it, or register another.
func perform(given *run, index int, executor interop.Hash160, tx *ledger.Transaction) *performed {
	id := whole(given.id, "the id of a run is not from 0 to 2^63-1")
	due := whole(given.due, "due of a run is not from 0 to 2^63-1")
	p := getPacked(idKey(prefixProgress, id))
	if !isFunded(p) || due <= packedHigh(p) {
		return nil
	}
	u := getRecord(idKey(prefixUpkeep, id)).(*upkeep)
	if !hasCome(u, due, index) {
		return nil
	}
	lost := 0
	if given.lostTx != nil {
		fee, height := lostFee(id, given.lostTx, tx.Sender, u.networkFeeCeiling)
		if height <= lastRunOf(p) {
			panic("lostTx is not in a block after the upkeep's last run")
		}
		lost = fee
	}
	done := &performed{id: id, upkeep: u, due: due, lost: lost, premium: u.premium}
	funded := lockNext(u)
	if funded {
		done.locked = u.maxFee
	}
	put(idKey(prefixProgress, id), progress(due, index, funded))
	done.delivered = given.deliver && isMet(u, executor) && callTarget(u, executor)
	return done
}

// hasCome tells whether an occurrence is one that may be by now. Every node can
// see when every and cron are due: there the run of another occurrence is a
// fault of the node's and is refused, since the owner would pay for it.
func hasCome(u *upkeep, due int, index int) bool {
	if u.kind == triggerCron {
		if due%millisecondsInMinute != 0 {
			panic("due of a run is not a full minute, though the upkeep's trigger is cron")
		}
		return due <= runtime.GetTime()
	}
	if u.kind == triggerEvery && (due-u.registered)%u.every != 0 {
		panic("due of a run is not a multiple of the trigger's blocks after the registration")
	}
	if u.kind == triggerOn {
		return due < index
	}
	return due <= index
}

// isMet asks the condition of `when:` again, so that nobody pays for a call that
// is not wanted any more. It can change nothing, and only the Boolean
// true is true.
func isMet(u *upkeep, executor interop.Hash160) bool {
	if u.kind != triggerWhen {
		return true
	}
	if !management.HasMethod(u.target, u.condition, 0) {
		return false
	}
	return answersTrue(executor, []any{u.target, u.condition, []any{}, contract.ReadOnly})
}

// answersTrue is apart for the reason that attempt is.
func answersTrue(executor interop.Hash160, args []any) bool {
	defer func() {
		recover()
	}()
	return util.Equals(true, contract.Call(executor, "call", contract.All, args...))
}

// callTarget makes the call, through the executor: what the gateway itself
// called could spend its GAS and forge answers.
func callTarget(u *upkeep, executor interop.Hash160) bool {
	if !management.HasMethod(u.target, u.method, len(u.args)) {
		return false
	}
	return attempt(executor, "call", []any{u.target, u.method, u.args, contract.All})
}

// chargeRun takes from the lock what the run cost, gives back the rest and
// returns what it took.
func chargeRun(p *performed, shared int, n int, networkFee int) int {
	u := p.upkeep
	share := shareOf(p.used, p.place, shared+min(networkFee, u.networkFeeCeiling), n)
	fee, lost, premium := split(u.maxFee, share, p.lost, p.premium)
	charged := fee + lost + premium
	unlock(u, u.maxFee-charged)
	runtime.Notify("UpkeepPerformed", p.id, u.owner, p.due, p.delivered, fee, lost, premium, p.locked)
	return charged
}
