package gateway

import (
	"github.com/nspcc-dev/neo-go/pkg/interop"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/gas"
	"github.com/nspcc-dev/neo-go/pkg/interop/native/std"
	"github.com/nspcc-dev/neo-go/pkg/interop/runtime"
	"github.com/nspcc-dev/neo-go/pkg/interop/util"
)

// OnNEP17Payment credits GAS to its sender, or to the account in data.
func OnNEP17Payment(from interop.Hash160, amount int, data any) {
	if !util.Equals(runtime.GetCallingScriptHash(), gas.Hash) {
		panic("only GAS is taken as a deposit")
	}
	if amount <= 0 {
		panic("a deposit must be more than 0")
	}
	var to any
	to = from
	if data != nil {
		if !isAccount(data) {
			panic("the data of a deposit is neither null nor an account (20 bytes)")
		}
		to = data
	}
	credited := hash160(to, "a deposit without a sender names no account to credit")
	if !outsider(credited, loadSettings().executor) {
		panic("the credited account is a native contract, the gateway or the executor")
	}
	key := accountKey(prefixBalance, credited)
	put(key, getPacked(key)+amount)
	runtime.Notify("Deposit", credited, from, amount)
}

// isAccount tells 20 bytes from any other stack item, which a conversion would
// fault on without a word.
func isAccount(item any) bool {
	raw := std.Serialize(item)
	return len(raw) == 2+interop.Hash160Len && raw[1] == interop.Hash160Len && (raw[0] == 0x28 || raw[0] == 0x30)
}

// Withdraw pays out credit, with the account's witness or called by it.
func Withdraw(account interop.Hash160, to interop.Hash160, amount int) {
	owner := hash160(account, "account of withdraw is not a Hash160 (20 bytes)")
	receiver := hash160(to, "to of withdraw is not a Hash160 (20 bytes)")
	amount = whole(amount, "amount of withdraw is not from 0 to 2^63-1")
	if !runtime.CheckWitness(owner) {
		panic("withdraw needs the account's witness")
	}
	key := accountKey(prefixBalance, owner)
	balance := getPacked(key)
	if packedLow(balance) < amount {
		panic("amount of withdraw is more than the account's credit")
	}
	put(key, balance-amount)
	runtime.Notify("Withdrawal", owner, receiver, amount)
	pay(receiver, amount)
}

// Collect pays out earnings, with the account's witness.
func Collect(account interop.Hash160, to interop.Hash160, amount int) {
	owner := hash160(account, "account of collect is not a Hash160 (20 bytes)")
	receiver := hash160(to, "to of collect is not a Hash160 (20 bytes)")
	amount = whole(amount, "amount of collect is not from 0 to 2^63-1")
	if !runtime.CheckWitness(owner) {
		panic("collect needs the account's witness")
	}
	key := accountKey(prefixEarned, owner)
	balance := getPacked(key)
	if packedLow(balance) < amount {
		panic("amount of collect is more than the account's earnings")
	}
	put(key, balance-amount)
	runtime.Notify("Collected", owner, receiver, amount)
	pay(receiver, amount)
}

// pay sends GAS out. The receiver's code runs in it: it is the last thing that
// a method does.
func pay(to interop.Hash160, amount int) {
	gateway := runtime.GetExecutingScriptHash()
	if util.Equals(to, gateway) {
		panic("the gateway cannot be the receiver")
	}
	if !gas.Transfer(gateway, to, amount, nil) {
		panic("GAS did not transfer the amount")
	}
}

// CreditOf returns the credit of an account that is free to spend, in datoshi.
func CreditOf(account interop.Hash160) int {
	return packedLow(getPacked(accountKey(prefixBalance, hash160(account, "account of creditOf is not a Hash160 (20 bytes)"))))
}

// ReservedOf returns what an account's credit holds reserved, in datoshi.
func ReservedOf(account interop.Hash160) int {
	return packedHigh(getPacked(accountKey(prefixBalance, hash160(account, "account of reservedOf is not a Hash160 (20 bytes)"))))
}

// EarnedOf returns what an account has earned and not collected, in datoshi.
func EarnedOf(account interop.Hash160) int {
	return packedLow(getPacked(accountKey(prefixEarned, hash160(account, "account of earnedOf is not a Hash160 (20 bytes)"))))
}
